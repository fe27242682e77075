-- MATCH (c:Call {hid: $h}) RETURN c.op, c.started
SELECT c_1."op" AS c0, c_1."started" AS c1
FROM call AS c_1
WHERE c_1."hid" = ?
-- bound: '0000000000000000000000000000000000000000'

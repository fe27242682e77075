-- MATCH (r:Ref) WHERE NOT r.value > $t RETURN r.hid
SELECT r_1."hid" AS c0
FROM ref AS r_1
WHERE NOT (CASE WHEN typeof(r_1."value") IN ('integer', 'real') THEN r_1."value" > ? END)
-- bound: 1

-- MATCH (r:Ref) WHERE r.hid IN $hids RETURN r.hid, r.value
SELECT r_1."hid" AS c0, r_1."value" AS c1
FROM ref AS r_1
WHERE r_1."hid" IN (
  SELECT value
  FROM json_each(?))
-- bound: '["0000000000000000000000000000000000000000"]'

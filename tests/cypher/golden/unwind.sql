-- UNWIND $hids AS h MATCH (r:Ref {hid: h}) RETURN h, r.preview
SELECT h_1.value AS c0, r_2."preview" AS c1
FROM json_each(?) AS h_1
JOIN ref AS r_2
WHERE r_2."hid" = h_1.value
-- bound: '["0000000000000000000000000000000000000000"]'

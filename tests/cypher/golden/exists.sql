-- MATCH (r:Ref) WHERE NOT EXISTS { (r)-[:INPUT]->(c:Call) WHERE c.op = $op } RETURN r.hid
SELECT r_1."hid" AS c0
FROM ref AS r_1
WHERE NOT (EXISTS (
  SELECT 1
  FROM edge_input AS input_2
  JOIN call AS c_3 ON c_3.nid = input_2.target
  WHERE r_1.nid = input_2.source AND c_3."op" = ?))
-- bound: 'f'

-- MATCH (c:Call {op: 'train'})-[:OUTPUT {name: 'acc'}]->(a:Ref) WHERE a.value > $t RETURN c.hid, a.value ORDER BY a.value DESC LIMIT 5
SELECT c_2."hid" AS c0, a_3."value" AS c1
FROM edge_output AS output_1
JOIN call AS c_2 ON c_2.nid = output_1.source
JOIN ref AS a_3 ON a_3.nid = output_1.target
WHERE output_1.name = ? AND c_2."op" = ? AND (a_3."value" > ? AND a_3."value" < '')
ORDER BY CASE typeof(a_3."value") WHEN 'text' THEN 1 WHEN 'blob' THEN 2 WHEN 'null' THEN 4 ELSE 3 END DESC, a_3."value" DESC
LIMIT 5
-- bound: 'acc', 'train', 0.9

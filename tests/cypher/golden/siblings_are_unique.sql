-- MATCH (a:Ref)<-[:OUTPUT]-(c:Call)-[:OUTPUT]->(b:Ref) RETURN a.hid, b.hid
SELECT a_3."hid" AS c0, b_4."hid" AS c1
FROM edge_output AS output_1
JOIN edge_output AS output_2
JOIN ref AS a_3 ON a_3.nid = output_1.target
JOIN ref AS b_4 ON b_4.nid = output_2.target
WHERE output_1.source = output_2.source AND NOT (1 = 1 AND output_2.source = output_1.source AND output_2.target = output_1.target AND output_2.name IS output_1.name AND NULL IS NULL)
-- bound: nothing

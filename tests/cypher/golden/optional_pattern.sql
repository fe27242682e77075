-- MATCH (c:Call) OPTIONAL MATCH (c)-[:OUTPUT]->(a) WHERE a.value > 0.5 RETURN c.hid, a.value
SELECT c_1."hid" AS c0, a_5."value" AS c1
FROM call AS c_1
LEFT JOIN json_each((
  SELECT json_group_array(json(row))
  FROM (
    SELECT json_array(output_2.target) AS row
    FROM edge_output AS output_2
    JOIN ref AS a_3 ON a_3.nid = output_2.target
    WHERE c_1.nid = output_2.source AND (a_3."value" > ? AND a_3."value" < '')))) AS row_4 ON 1
LEFT JOIN ref AS a_5 ON a_5.nid = (row_4.value ->> 0)
-- bound: 0.5

-- MATCH (c:Call) CALL (c) { MATCH (c)-[:OUTPUT]->(r) RETURN count(r) AS n } RETURN c.hid, n
SELECT c_1."hid" AS c0, (row_3.value ->> 0) AS c1
FROM call AS c_1
JOIN json_each((
  SELECT json_group_array(json(row))
  FROM (
    SELECT json_array(c0) AS row
    FROM (
      SELECT count(coalesce(nullif(output_2.source, output_2.source), output_2.target)) AS c0
      FROM edge_output AS output_2
      WHERE c_1.nid = output_2.source)))) AS row_3
-- bound: nothing

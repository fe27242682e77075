-- MATCH (c:Call)-[:OUTPUT]->(r) RETURN count(r) AS n
SELECT count(output_1.target) AS c0
FROM edge_output AS output_1
-- bound: nothing

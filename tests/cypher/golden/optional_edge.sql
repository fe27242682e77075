-- MATCH (c:Call) OPTIONAL MATCH (c)-[o:OUTPUT {name: 'acc'}]->(a) RETURN c.hid, a.value
SELECT c_1."hid" AS c0, a_3."value" AS c1
FROM call AS c_1
LEFT JOIN edge_output AS o_2 ON c_1.nid = o_2.source AND o_2.name = ?
LEFT JOIN ref AS a_3 ON a_3.nid = o_2.target
-- bound: 'acc'

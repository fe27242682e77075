-- MATCH (a:Ref {hid: $h}), (b:Ref {hid: $i}) MATCH p = shortestPath((a)-[*]->(b)) RETURN p
SELECT cy_path(((a_1.nid) << 4 | 0), path_3.value) AS c0
FROM ref AS a_1
JOIN ref AS b_2
JOIN json_each(cy_shortest(((a_1.nid) << 4 | 0), ((b_2.nid) << 4 | 0), ?)) AS path_3
WHERE a_1."hid" = ? AND b_2."hid" = ?
-- bound: '{"hops": [[0, true], [1, true], [2, true], [3, true], [4, true]], "minimum": 1, "maximum": null, "all": false, "keys": []}', '0000000000000000000000000000000000000000', '0000000000000000000000000000000000000000'

-- MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*1..3]-(c:Call) RETURN c.hid
SELECT c_6."hid" AS c0
FROM ref AS r_1
JOIN json_each((
  WITH RECURSIVE walk_4(id, depth) AS (
    SELECT ((r_1.nid) << 4 | 0), 0
    WHERE ((r_1.nid) << 4 | 0) IS NOT NULL
    UNION ALL
    SELECT (e_2.source << 4 | 0), walk_4.depth + 1
    FROM walk_4
    JOIN edge_input AS e_2 ON e_2.target = (walk_4.id >> 4)
    WHERE (walk_4.id & 15) = 1 AND walk_4.depth < 3
    UNION ALL
    SELECT (e_3.source << 4 | 1), walk_4.depth + 1
    FROM walk_4
    JOIN edge_output AS e_3 ON e_3.target = (walk_4.id >> 4)
    WHERE (walk_4.id & 15) = 0 AND walk_4.depth < 3)
  SELECT json_group_array(walk_4.id)
  FROM walk_4
  WHERE walk_4.depth >= 1)) AS end_5
JOIN call AS c_6 ON c_6.nid = (end_5.value >> 4)
WHERE r_1."hid" = ? AND (end_5.value & 15) = 1
-- bound: '0000000000000000000000000000000000000000'

-- MATCH (r:Ref)<-[:INPUT|OUTPUT*]-(c:Call) RETURN r.hid, count(DISTINCT c) AS n
SELECT r_1."hid" AS c0, count(DISTINCT (end_5.value >> 4)) AS c1
FROM ref AS r_1
JOIN json_each((
  WITH RECURSIVE reach_4(id, depth) AS (
    SELECT ((r_1.nid) << 4 | 0), 0
    WHERE ((r_1.nid) << 4 | 0) IS NOT NULL
    UNION
    SELECT (e_2.source << 4 | 0), min(reach_4.depth + 1, 1)
    FROM reach_4
    JOIN edge_input AS e_2 ON e_2.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 1
    UNION
    SELECT (e_3.source << 4 | 1), min(reach_4.depth + 1, 1)
    FROM reach_4
    JOIN edge_output AS e_3 ON e_3.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 0)
  SELECT json_group_array(DISTINCT reach_4.id)
  FROM reach_4
  WHERE reach_4.depth >= 1)) AS end_5
WHERE (end_5.value & 15) = 1
GROUP BY r_1."hid"
-- bound: nothing

-- MATCH (r:Ref)<-[:INPUT|OUTPUT*]-(c:Call) RETURN r.hid, count(DISTINCT c) AS n
SELECT r_1."hid" AS c0, count(DISTINCT (end_5.value >> 4)) AS c1
FROM ref AS r_1
JOIN json_each((
  WITH RECURSIVE reach_4(id) AS (
    SELECT (e_2.source << 4 | 0)
    FROM (
      SELECT ((r_1.nid) << 4 | 0) AS id) AS reach_4
    JOIN edge_input AS e_2 ON e_2.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 1
    UNION
    SELECT (e_3.source << 4 | 1)
    FROM (
      SELECT ((r_1.nid) << 4 | 0) AS id) AS reach_4
    JOIN edge_output AS e_3 ON e_3.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 0
    UNION
    SELECT (e_2.source << 4 | 0)
    FROM reach_4
    JOIN edge_input AS e_2 ON e_2.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 1
    UNION
    SELECT (e_3.source << 4 | 1)
    FROM reach_4
    JOIN edge_output AS e_3 ON e_3.target = (reach_4.id >> 4)
    WHERE (reach_4.id & 15) = 0)
  SELECT json_group_array(reach_4.id)
  FROM reach_4)) AS end_5
WHERE (end_5.value & 15) = 1
GROUP BY r_1."hid"
-- bound: nothing

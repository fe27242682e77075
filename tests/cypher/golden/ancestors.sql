-- MATCH (r:Ref {hid: $h})<-[:INPUT|OUTPUT*0..]-(c:Call) RETURN DISTINCT c.hid
SELECT DISTINCT *
FROM (
  WITH RECURSIVE reach_4(id) AS (
    SELECT id
    FROM (
      SELECT ((r_1.nid) << 4 | 0) AS id
      FROM ref AS r_1
      WHERE r_1."hid" = ?)
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
  SELECT c_5."hid" AS c0
  FROM reach_4
  JOIN call AS c_5 ON c_5.nid = (reach_4.id >> 4)
  WHERE (reach_4.id & 15) = 1)
-- bound: '0000000000000000000000000000000000000000'

-- MATCH p = (a:Ref {hid: $h})-[:INPUT|OUTPUT*]->(b:Ref) RETURN length(p) AS n
SELECT cy_length(cy_path(((a_1.nid) << 4 | 0), (end_5.value ->> 1))) AS c0
FROM ref AS a_1
JOIN json_each((
  WITH RECURSIVE trail_4(id, depth, trail) AS (
    SELECT ((a_1.nid) << 4 | 0), 0, ''
    WHERE ((a_1.nid) << 4 | 0) IS NOT NULL
    UNION ALL
    SELECT (e_2.target << 4 | 1), trail_4.depth + 1, CASE trail_4.trail WHEN '' THEN json_object('~r', json_array(0, e_2.source, e_2.target, e_2.name, nullif(e_2."index", -1))) ELSE trail_4.trail || ',' || json_object('~r', json_array(0, e_2.source, e_2.target, e_2.name, nullif(e_2."index", -1))) END
    FROM trail_4
    JOIN edge_input AS e_2 ON e_2.source = (trail_4.id >> 4)
    WHERE (trail_4.id & 15) = 0 AND instr(trail_4.trail, json_object('~r', json_array(0, e_2.source, e_2.target, e_2.name, nullif(e_2."index", -1)))) = 0
    UNION ALL
    SELECT (e_3.target << 4 | 0), trail_4.depth + 1, CASE trail_4.trail WHEN '' THEN json_object('~r', json_array(1, e_3.source, e_3.target, e_3.name, NULL)) ELSE trail_4.trail || ',' || json_object('~r', json_array(1, e_3.source, e_3.target, e_3.name, NULL)) END
    FROM trail_4
    JOIN edge_output AS e_3 ON e_3.source = (trail_4.id >> 4)
    WHERE (trail_4.id & 15) = 1 AND instr(trail_4.trail, json_object('~r', json_array(1, e_3.source, e_3.target, e_3.name, NULL))) = 0)
  SELECT json_group_array(json_array(trail_4.id, trail_4.trail))
  FROM trail_4
  WHERE trail_4.depth >= 1)) AS end_5
WHERE a_1."hid" = ? AND ((end_5.value ->> 0) & 15) = 0
-- bound: '0000000000000000000000000000000000000000'

-- MATCH (r:Ref {hid: $h})--(x) RETURN labels(x) AS l, x.hid
SELECT CASE WHEN (((hop_2.value ->> 0) >> 4) IS NOT NULL) THEN CASE 1 WHEN 1 THEN ? END END AS c0, x_3."hid" AS c1
FROM ref AS r_1
JOIN json_each((
  SELECT json_group_array(json(row))
  FROM (
    SELECT json_array(e.target << 4 | 1, 0, e.source, e.target, e.name, nullif(e."index", -1)) AS row
    FROM edge_input AS e
    WHERE e.source = r_1.nid
    UNION ALL
    SELECT json_array(e.source << 4 | 1, 1, e.source, e.target, e.name, NULL) AS row
    FROM edge_output AS e
    WHERE e.target = r_1.nid))) AS hop_2
JOIN call AS x_3 ON x_3.nid = ((hop_2.value ->> 0) >> 4)
WHERE r_1."hid" = ?
-- bound: b'\x02["Call"]', '0000000000000000000000000000000000000000'

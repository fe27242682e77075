-- MATCH (r:Ref) WHERE NOT (r)--() RETURN r.hid
SELECT r_1."hid" AS c0
FROM ref AS r_1
WHERE NOT (EXISTS (
  SELECT 1
  FROM json_each((
    SELECT json_group_array(json(row))
    FROM (
      SELECT json_array(e.target << 4 | 1, 0, e.source, e.target, e.name, nullif(e."index", -1)) AS row
      FROM edge_input AS e
      WHERE e.source = r_1.nid
      UNION ALL
      SELECT json_array(e.source << 4 | 1, 1, e.source, e.target, e.name, NULL) AS row
      FROM edge_output AS e
      WHERE e.target = r_1.nid))) AS hop_3))
-- bound: nothing

-- MATCH (acc:Ref {name: $n}) WITH acc, COLLECT { MATCH (acc)<-[:OUTPUT]-(c:Call) RETURN DISTINCT c.hid AS h ORDER BY h } AS calls WITH acc, calls, COLLECT { UNWIND calls AS h MATCH (c:Call {hid: h})<-[:INPUT]-(m) RETURN DISTINCT m.hid AS h ORDER BY h } AS models RETURN acc.hid AS acc, CASE size(models) WHEN 0 THEN null WHEN 1 THEN models[0] ELSE models END AS models
WITH RECURSIVE part_6 AS MATERIALIZED (
  SELECT acc_1.nid AS c0, (
    SELECT coalesce(cy_collect_all(c0), x'025b5d')
    FROM (
      SELECT *
      FROM (
        SELECT DISTINCT c_5."hid" AS c0
        FROM edge_output AS output_4
        JOIN call AS c_5 ON c_5.nid = output_4.source
        WHERE acc_1.nid = output_4.target)
      ORDER BY c0)) AS c1
  FROM ref AS acc_1
  WHERE acc_1."name" = ?), part_15 AS MATERIALIZED (
  SELECT part_6.c0 AS c0, part_6.c1 AS c1, (
    SELECT coalesce(cy_collect_all(c0), x'025b5d')
    FROM (
      SELECT *
      FROM (
        SELECT DISTINCT m_14."hid" AS c0
        FROM json_each(cy_rows(part_6.c1)) AS h_11
        JOIN edge_input AS input_12
        JOIN call AS c_13 ON c_13.nid = input_12.target
        JOIN ref AS m_14 ON m_14.nid = input_12.source
        WHERE c_13."hid" = cy_unpack(h_11.value))
      ORDER BY c0)) AS c2
  FROM part_6)
SELECT acc_16."hid" AS c0, CASE WHEN cy_size(part_15.c2) = 0 THEN NULL WHEN cy_size(part_15.c2) = 1 THEN cy_get(part_15.c2, 0) ELSE part_15.c2 END AS c1
FROM part_15
JOIN ref AS acc_16 ON acc_16.nid = part_15.c0
-- bound: '0.5'

-- MATCH (o:Op) RETURN [x IN o.inputs WHERE x STARTS WITH 'a' | toUpper(x)] AS l
SELECT CASE WHEN (CAST(x'02' || o_1."inputs" AS BLOB) IS NOT NULL) THEN (
  SELECT coalesce(cy_collect_all(q), x'025b5d')
  FROM (
    SELECT cy_upper(x_2.value) AS q
    FROM json_each(o_1."inputs") AS x_2
    WHERE cy_logic(cy_starts(x_2.value, ?)))) END AS c0
FROM op AS o_1
-- bound: 'a'

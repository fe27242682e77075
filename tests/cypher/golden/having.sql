-- MATCH (c:Call) WITH c.cid AS cid, count(*) AS n WHERE n > 1 RETURN cid, n
WITH RECURSIVE part_2 AS (
  SELECT c_1."cid" AS c0, count(*) AS c1
  FROM call AS c_1
  GROUP BY c_1."cid")
SELECT part_2.c0 AS c0, part_2.c1 AS c1
FROM part_2
WHERE part_2.c1 > 1
-- bound: nothing

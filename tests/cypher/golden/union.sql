-- MATCH (a:Op) RETURN a.name AS name UNION MATCH (b:Component) RETURN b.name AS name
SELECT c0 AS c0
FROM (
  SELECT a_1."name" AS c0
  FROM op AS a_1)
UNION
SELECT c0 AS c0
FROM (
  SELECT b_2."name" AS c0
  FROM component AS b_2)
-- bound: nothing

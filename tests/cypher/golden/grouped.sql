-- MATCH (c:Call) RETURN c.op AS op, count(*) AS n, avg(c.duration) AS mean ORDER BY n DESC, op
SELECT c_1."op" AS c0, count(*) AS c1, avg(c_1."duration") AS c2
FROM call AS c_1
GROUP BY c_1."op"
ORDER BY count(*) DESC, c_1."op" NULLS LAST
-- bound: nothing

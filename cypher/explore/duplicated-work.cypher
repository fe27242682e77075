// Duplicated work
//
// Calls with equal contents and different histories: computed more than once, or reused and recorded again.
// $limit = 20: how many groups
MATCH (c:Call)
WITH c.op AS op, c.cid AS contents, count(*) AS calls, sum(c.duration) AS total, max(c.duration) AS longest
WHERE calls > 1
RETURN op, contents, calls, total - longest AS repeated
ORDER BY repeated DESC, op, contents
LIMIT $limit;

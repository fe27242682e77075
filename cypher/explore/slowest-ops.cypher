// Slowest ops
//
// Where the time went: calls, total, mean and longest duration of each op, in seconds.
// $limit = 20: how many ops
MATCH (c:Call)
RETURN c.op AS op, count(*) AS calls, sum(c.duration) AS total, avg(c.duration) AS mean, max(c.duration) AS longest
ORDER BY total DESC, op
LIMIT $limit;

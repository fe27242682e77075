// What differs between two runs?
//
// Calls whose contents occur in one of the two runs only, counted by op.
// $first: the id of a run
// $second: the id of the other run
MATCH (c:Call)
WHERE c.run IN [$first, $second]
WITH c.op AS op, c.cid AS contents, min(c.run) AS one, max(c.run) AS other
WHERE one = other
RETURN op, one AS only_in, count(*) AS calls
ORDER BY op, only_in;

// Everything from one data set
//
// How much each op computed from a value, directly or not, and when.
// $ref: the hid of the data set's ref
MATCH (d:Ref {hid: $ref})-[:INPUT|OUTPUT*]->(c:Call)
WITH DISTINCT c
RETURN c.op AS op, count(*) AS calls, sum(c.duration) AS total, min(c.started) AS first, max(c.started) AS last
ORDER BY first, op;

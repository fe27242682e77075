// A page of the calls of an op that read a ref, oldest first.
MATCH (r:Ref {hid: $ref})-[:INPUT]->(c:Call)
WHERE c.op = $op
WITH DISTINCT c
RETURN c.hid AS call ORDER BY c.started, c.hid
SKIP $offset LIMIT $limit;

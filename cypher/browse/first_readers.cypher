// The first calls that read a ref.
MATCH (r:Ref {hid: $ref})-[:INPUT]->(c:Call)
WITH DISTINCT c
RETURN c.hid AS call ORDER BY c.started, c.hid
LIMIT $limit;

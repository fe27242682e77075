// Draw what a value led to
//
// The value, and every call and value that was computed from it, as nodes to draw, not as paths.
// $ref: the hid of the ref to follow
// $limit = 300: how many nodes
MATCH (r:Ref {hid: $ref})-[:INPUT|OUTPUT*0..]->(n)
WITH DISTINCT n
RETURN n
ORDER BY n.hid
LIMIT $limit;

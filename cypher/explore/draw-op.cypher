// Draw the calls of an op
//
// The latest calls of an op with what went in and came out, as nodes to draw.
// $op: the name of the op
// $limit = 25: how many calls
MATCH (c:Call {op: $op})
WITH c ORDER BY c.started DESC, c.hid LIMIT $limit
OPTIONAL MATCH (i:Ref)-[:INPUT]->(c)
OPTIONAL MATCH (c)-[:OUTPUT]->(o:Ref)
UNWIND [c, i, o] AS n
WITH DISTINCT n WHERE n IS NOT NULL
RETURN n
ORDER BY n.hid;

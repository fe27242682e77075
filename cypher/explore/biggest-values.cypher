// Biggest values
//
// The largest values, what made them and how many calls read them.
// $limit = 20: how many values
MATCH (r:Ref)
RETURN r.hid AS ref, r.type AS type, r.nbytes AS bytes, r.preview AS preview,
       head(COLLECT { MATCH (c:Call)-[:OUTPUT]->(r) RETURN c.op ORDER BY c.op }) AS made_by,
       COUNT { (r)-[:INPUT]->(:Call) } AS read_by
ORDER BY bytes DESC, ref
LIMIT $limit;

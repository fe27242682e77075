// What depends on this value?
//
// Every value that was computed from it, directly or not, and the call that made it.
// $ref: the hid of the ref to follow
MATCH (s:Ref {hid: $ref})-[:INPUT|OUTPUT*]->(r:Ref)
WITH DISTINCT r
MATCH (c:Call)-[o:OUTPUT]->(r)
RETURN r.hid AS ref, c.op AS op, o.name AS output, r.type AS type, r.preview AS preview, c.started AS started
ORDER BY started, ref;

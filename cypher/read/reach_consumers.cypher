// One step downstream: the calls that use these refs, as in reach_calls.
UNWIND $ids AS i
MATCH (s:Ref {hid: i})-[:INPUT]->(c)
USING INDEX SEEK s:Ref(hid)
WITH DISTINCT c WHERE c.status = 'ok'
RETURN collect([c.hid, c.op,
  COLLECT { MATCH (c)<-[e:INPUT]-(r) RETURN [e.name, coalesce(e.index, -1), r.hid, r.value IS NOT NULL AND r.structure IS NULL, EXISTS { (r)<-[:OUTPUT]-() }] },
  COLLECT { MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid] }
]) AS rows;

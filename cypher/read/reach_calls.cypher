// Calls with their edges; of each input's ref, whether its value is native and whether a call made it.
UNWIND $ids AS i
MATCH (c:Call {hid: i})
USING INDEX SEEK c:Call(hid)
WHERE c.status = 'ok'
RETURN collect([c.hid, c.op,
  COLLECT { MATCH (c)<-[e:INPUT]-(r) RETURN [e.name, coalesce(e.index, -1), r.hid, r.value IS NOT NULL AND r.structure IS NULL, EXISTS { (r)<-[:OUTPUT]-() }] },
  COLLECT { MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid] }
]) AS rows;

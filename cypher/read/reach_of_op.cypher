// The calls of an op (of one version of it), as in reach_calls.
MATCH (c:Call {op: $op})
WHERE c.status = 'ok' AND ($version IS NULL OR c.version = $version)
WITH left(c.hid, 2) AS part, c
WITH part, collect([c.hid, c.op,
  COLLECT { MATCH (c)<-[e:INPUT]-(r) RETURN [e.name, coalesce(e.index, -1), r.hid, r.value IS NOT NULL AND r.structure IS NULL, EXISTS { (r)<-[:OUTPUT]-() }] },
  COLLECT { MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid] }
]) AS rows
RETURN rows;

UNWIND $ids AS i
MATCH (c:Call {hid: i})
USING INDEX SEEK c:Call(hid)
RETURN collect([
  c.hid, c.cid, c.op, c.version, c.run, c.started, c.duration, c.status,
  COLLECT { MATCH (c)<-[e:INPUT]-(r) RETURN [e.name, r.hid, e.index] },
  COLLECT { MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid] }
]) AS rows;

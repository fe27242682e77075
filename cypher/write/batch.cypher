// Refs and calls of a batch, sorted by id and without doubles. What many rows share is said once: `kinds` of refs (type,
// structure, dropped), `groups` of calls (op, version, run, status, [name, index] of inputs, names of outputs); a row ends
// with its number. A call's inputs and outputs are places among the refs, or behind them among `ends`, which are refs that
// must be there already.
// A call that is there already keeps what it has: the SET takes the node's lock, so that the second test is true for one
// writer only and its edges are made once. An edge to a ref that is not there fails the whole transaction (CREATE takes
// no null): hence lists of one node each, as collect() would leave a null out.
CALL () {
  UNWIND $refs AS r
  WITH r, $kinds[r[5]] AS kind
  MERGE (n:Ref {hid: r[0]})
  ON CREATE SET n.cid = r[1], n.type = kind[0], n.preview = r[2], n.nbytes = r[3], n.value = r[4], n.structure = kind[1],
                n.dropped = kind[2], n.name = CASE WHEN size(r[2]) <= 40 THEN r[2] ELSE kind[0] END
  RETURN collect([n]) AS made
}
CALL () {
  UNWIND $ends AS hid
  OPTIONAL MATCH (n:Ref {hid: hid})
  USING INDEX SEEK n:Ref(hid)
  RETURN collect([n]) AS found
}
// Refs whose value is written again ($written: cids of bytes) are dropped no more. Hardly ever is there one.
CALL () {
  MATCH (d:Ref)
  USING INDEX SEEK d:Ref(cid, dropped)
  WHERE d.cid >= '' AND d.dropped IS NOT NULL
  WITH d LIMIT 1
  UNWIND [cid IN $written | [cid, null]] + [
    r IN $refs WHERE r[4] IS NOT NULL OR ($kinds[r[5]][0] = 'NoneType' AND $kinds[r[5]][2] IS NULL) | [r[1], r[4]]
  ] AS v
  WITH v ORDER BY v[0]
  MATCH (n:Ref)
  USING INDEX SEEK n:Ref(cid, dropped)
  WHERE n.cid = v[0] AND n.dropped IS NOT NULL
  SET n.value = v[1]
  REMOVE n.dropped
}
WITH made + found AS refs
UNWIND $calls AS c
WITH c, $groups[c[6]] AS g, refs
MERGE (k:Call {hid: c[0]})
ON CREATE SET k.cid = c[1], k.op = g[0], k.version = g[1], k.run = g[2], k.started = c[2], k.duration = c[3],
              k.status = g[3], k.name = g[0]
WITH c, g, k, refs WHERE NOT EXISTS { (k)--() }
SET k.version = g[1]
WITH c, g, k, refs WHERE NOT EXISTS { (k)--() }
CALL (c, g, k, refs) {
  UNWIND range(0, size(c[4]) - 1) AS i
  WITH g[4][i] AS edge, k, refs[c[4][i]][0] AS r
  CREATE (r)-[:INPUT {name: edge[0], index: edge[1]}]->(k)
}
CALL (c, g, k, refs) {
  UNWIND range(0, size(c[5]) - 1) AS i
  WITH g[5][i] AS name, k, refs[c[5][i]][0] AS r
  CREATE (k)-[:OUTPUT {name: name}]->(r)
};

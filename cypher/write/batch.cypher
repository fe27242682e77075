// Refs and calls of a batch, sorted by id and without doubles. A call that is there already keeps what it has: the SET
// takes the node's lock, so that the second test is true for one writer only and its edges are made once.
// Refs whose value is written again ([cid, native value or null]) are dropped no more.
// A ref that an edge needs and that is not there fails the whole transaction (CREATE takes no null).
CALL () {
  UNWIND $refs AS r
  MERGE (n:Ref {hid: r[0]})
  ON CREATE SET n.cid = r[1], n.type = r[2], n.preview = r[3], n.nbytes = r[4], n.value = r[5], n.structure = r[6],
                n.dropped = r[7], n.name = CASE WHEN size(r[3]) <= 40 THEN r[3] ELSE r[2] END
}
CALL () {
  UNWIND $written AS v
  MATCH (n:Ref)
  USING INDEX SEEK n:Ref(cid, dropped)
  WHERE n.cid = v[0] AND n.dropped IS NOT NULL
  SET n.value = v[1]
  REMOVE n.dropped
}
UNWIND $calls AS c
MERGE (k:Call {hid: c[0]})
ON CREATE SET k.cid = c[1], k.op = c[2], k.version = c[3], k.run = c[4], k.started = c[5], k.duration = c[6],
              k.status = c[7], k.name = c[2]
WITH c, k WHERE NOT EXISTS { (k)--() }
SET k.version = c[3]
WITH c, k WHERE NOT EXISTS { (k)--() }
CALL (c, k) {
  UNWIND c[8] AS i
  OPTIONAL MATCH (r:Ref {hid: i[1]})
  USING INDEX SEEK r:Ref(hid)
  CREATE (r)-[:INPUT {name: i[0], index: i[2]}]->(k)
}
CALL (c, k) {
  UNWIND c[9] AS o
  OPTIONAL MATCH (r:Ref {hid: o[1]})
  USING INDEX SEEK r:Ref(hid)
  CREATE (k)-[:OUTPUT {name: o[0]}]->(r)
};

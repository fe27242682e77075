// Calls and versions of an op get its new name. Where a node of that name is there already, it takes the versions over.
CALL () {
  MATCH (c:Call {op: $old})
  USING INDEX SEEK c:Call(op)
  SET c.op = $new, c.name = $new
  RETURN count(c) AS calls
}
CALL () {
  MATCH (v:Version {op: $old})
  SET v.op = $new
}
CALL () {
  MATCH (o:Op {name: $old}), (n:Op {name: $new})
  WHERE o <> n
  CALL (o, n) {
    MATCH (v:Version)-[:OF]->(o)
    MERGE (v)-[:OF]->(n)
  }
  DETACH DELETE o
}
CALL () {
  MATCH (o:Op {name: $old})
  SET o.name = $new
}
RETURN calls;

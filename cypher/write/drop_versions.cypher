// Versions that no call has, and the components that no other version depends on and that join no two others.
CALL () {
  UNWIND $ids AS id
  MATCH (v:Version {id: id})
  USING INDEX SEEK v:Version(id)
  WHERE NOT EXISTS { MATCH (c:Call {version: id}) USING INDEX SEEK c:Call(version) }
  CALL (v) {
    MATCH (v)-[:DEPENDS_ON]->(c)
    RETURN collect(c) AS needed
  }
  DETACH DELETE v
  RETURN collect(needed) AS lists
}
CALL (lists) {
  UNWIND lists AS list
  UNWIND list AS c
  WITH DISTINCT c
  WHERE NOT EXISTS { (c)<-[:DEPENDS_ON]-() }
    AND size(COLLECT { MATCH (c)-[m:CHANGED_TO]-(o) WHERE m.compatible RETURN DISTINCT o.id }) <= 1
  RETURN collect(c) AS unused, collect(c.id) AS gone
}
CALL (unused) {
  UNWIND unused AS c
  DETACH DELETE c
}
RETURN gone;

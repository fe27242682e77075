// A version with its edges; the SET takes the lock, as in batch.cypher. `active` changes later (active_versions.cypher).
UNWIND $rows AS v
MERGE (n:Version {id: v[0]})
ON CREATE SET n.op = v[1], n.created = v[2], n.active = v[3], n.whole = v[5]
SET n.op = n.op
WITH v, n
CALL (v, n) {
  WITH v, n WHERE NOT EXISTS { (n)-[:OF]->() }
  OPTIONAL MATCH (o:Op {name: v[1]})
  USING INDEX SEEK o:Op(name)
  CREATE (n)-[:OF]->(o)
}
CALL (v, n) {
  WITH v, n WHERE NOT EXISTS { (n)-[:DEPENDS_ON]->() }
  UNWIND v[4] AS id
  OPTIONAL MATCH (c:Component {id: id})
  USING INDEX SEEK c:Component(id)
  CREATE (n)-[:DEPENDS_ON]->(c)
};

UNWIND $rows AS c
MERGE (n:Component {id: c[0]})
ON CREATE SET n.module = c[1], n.name = c[2], n.kind = c[3], n.source = c[4], n.created = c[5];

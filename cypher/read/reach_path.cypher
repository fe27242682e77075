// A shortest way downstream from one ref or call to another.
CALL () {
  MATCH (a:Ref {hid: $start}) RETURN a
  UNION
  MATCH (a:Call {hid: $start}) RETURN a
}
CALL () {
  MATCH (b:Ref {hid: $end}) RETURN b
  UNION
  MATCH (b:Call {hid: $end}) RETURN b
}
MATCH p = shortestPath((a)-[:INPUT|OUTPUT*1..]->(b))
RETURN [n IN nodes(p) | n.hid] AS rows;

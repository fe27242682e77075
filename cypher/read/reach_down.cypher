// Everything downstream of one ref or call; visits each node once (pruning expansion).
CALL () {
  MATCH (s:Ref {hid: $hid}) RETURN s
  UNION
  MATCH (s:Call {hid: $hid}) RETURN s
}
MATCH (s)-[:INPUT|OUTPUT*0..]->(n)
WITH DISTINCT n
RETURN collect([n.hid, n:Call]) AS rows;

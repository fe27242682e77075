// Nodes of any label by their keys. Pages of $keys.
UNWIND $keys AS k
CALL (k) {
  MATCH (n:Ref {hid: k}) RETURN n
  UNION ALL MATCH (n:Call {hid: k}) RETURN n
  UNION ALL MATCH (n:Op {name: k}) RETURN n
  UNION ALL MATCH (n:Version {id: k}) RETURN n
  UNION ALL MATCH (n:Component {id: k}) RETURN n
  UNION ALL MATCH (n:Run {id: k}) RETURN n
}
RETURN n;

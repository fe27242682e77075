// The path between two values
//
// A shortest way along which data flowed from one value to another: ops, and the values between them.
// $start: the hid of the ref where it starts
// $end: the hid of the ref where it ends
MATCH (a:Ref {hid: $start}), (b:Ref {hid: $end})
MATCH p = shortestPath((a)-[:INPUT|OUTPUT*]->(b))
RETURN length(p) AS steps, [n IN nodes(p) | coalesce(n.op, n.preview)] AS way;

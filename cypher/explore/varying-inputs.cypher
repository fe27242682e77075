// Which inputs vary together?
//
// For each two inputs of an op: how many values each took, and how many pairs of values. As many pairs as values of one
// of them: they varied together. As many as the product: every combination was tried.
// $op: the name of the op
MATCH (a:Ref)-[i:INPUT]->(c:Call {op: $op})<-[j:INPUT]-(b:Ref)
WHERE i.name < j.name
RETURN i.name AS first, j.name AS second, count(DISTINCT a.cid) AS first_values, count(DISTINCT b.cid) AS second_values,
       count(DISTINCT [a.cid, b.cid]) AS pairs, count(DISTINCT c) AS calls
ORDER BY first, second;

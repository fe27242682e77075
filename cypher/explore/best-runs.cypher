// Best runs by a metric
//
// The calls with the highest value of an output, and the inputs that gave it.
// $metric: the name of the output to rank by
// $limit = 10: how many calls
MATCH (c:Call)-[:OUTPUT {name: $metric}]->(m:Ref)
WHERE m.value IS NOT NULL
RETURN c.hid AS call, c.op AS op, m.value AS metric, c.run AS run,
       COLLECT { MATCH (i:Ref)-[e:INPUT]->(c) RETURN e.name + ' = ' + i.preview ORDER BY e.name, i.hid } AS inputs
ORDER BY metric DESC, call
LIMIT $limit;

// Failures
//
// Calls that raised, newest first, with what went into them.
// $limit = 50: how many calls
MATCH (c:Call {status: 'failed'})
RETURN c.hid AS call, c.op AS op, c.started AS started, c.run AS run,
       COLLECT { MATCH (i:Ref)-[e:INPUT]->(c) RETURN e.name + ' = ' + i.preview ORDER BY e.name, i.hid } AS inputs
ORDER BY started DESC, call
LIMIT $limit;

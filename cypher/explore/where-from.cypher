// Where does this value come from?
//
// Every call that the value depends on, directly or not, oldest first, with what went into it.
// $ref: the hid of the ref to explain
MATCH (r:Ref {hid: $ref})<-[:INPUT|OUTPUT*]-(c:Call)
WITH DISTINCT c
RETURN c.hid AS call, c.op AS op, c.started AS started, c.duration AS duration, c.run AS run,
       COLLECT { MATCH (i:Ref)-[e:INPUT]->(c) RETURN e.name + ' = ' + i.preview ORDER BY e.name, i.hid } AS inputs
ORDER BY started, call;

// Timeline of a run
//
// The calls of one run in the order in which they started.
// $run: the id of the run
MATCH (c:Call {run: $run})
RETURN c.started AS started, c.duration AS duration, c.op AS op, c.status AS status, c.hid AS call
ORDER BY started, call;

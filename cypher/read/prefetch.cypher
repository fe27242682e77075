// The newest ok calls of an op, a thousand a record.
MATCH (c:Call {op: $op})
USING INDEX SEEK c:Call(op)
WHERE c.status = 'ok'
WITH c ORDER BY c.started DESC LIMIT $limit
WITH collect(c) AS calls
UNWIND range(0, size(calls) - 1, 1000) AS page
CALL (calls, page) {
  UNWIND calls[page..page + 1000] AS c
  RETURN collect([c.hid, c.cid, c.op, COLLECT {
    MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid, r.cid, r.type, r.value, r.structure, r.dropped]
  }]) AS rows
}
RETURN rows;

// The ok calls of a call's op that began when it did or later, the oldest first, a thousand a record.
MATCH (k:Call {hid: $hid})
USING INDEX SEEK k:Call(hid)
MATCH (c:Call {op: k.op})
USING INDEX SEEK c:Call(op)
WHERE c.status = 'ok' AND c.started >= k.started
WITH c ORDER BY c.started, c.hid LIMIT $limit
WITH collect(c) AS calls
UNWIND range(0, size(calls) - 1, 1000) AS page
CALL (calls, page) {
  UNWIND calls[page..page + 1000] AS c
  RETURN collect([c.hid, c.cid, c.op, COLLECT {
    MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid, r.cid, r.type, r.value, r.structure, r.dropped]
  }]) AS rows
}
RETURN rows;

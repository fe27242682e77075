// (hid, cid) of every ok call of an op, up to a limit.
MATCH (c:Call {op: $op})
USING INDEX SEEK c:Call(op)
WHERE c.status = 'ok'
WITH c LIMIT $limit
RETURN collect([c.hid, c.cid]) AS rows;

// How many ok calls of an op there are, counted up to a limit, and (hid, cid) of each where they are fewer.
CALL () {
  MATCH (c:Call {op: $op})
  USING INDEX SEEK c:Call(op)
  WHERE c.status = 'ok'
  WITH c LIMIT $limit
  RETURN count(c) AS number
}
CALL (number) {
  WITH number WHERE number < $limit
  MATCH (c:Call {op: $op})
  USING INDEX SEEK c:Call(op)
  WHERE c.status = 'ok'
  RETURN collect([c.hid, c.cid]) AS ids
}
RETURN [number, ids] AS rows;

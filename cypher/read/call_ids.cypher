// How many ok calls of an op there are, counted up to a limit, and where they are fewer, the beginnings of their hids and
// cids, which take two thirds of the time of whole ones in pairs.
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
  RETURN collect(left(c.hid, $length)) + collect(left(c.cid, $length)) AS ids
}
RETURN [number, ids] AS rows;

// Every input and output of the calls of a range of hids, in columns; an output is told by the index -2.
MATCH (c:Call)-[e:INPUT|OUTPUT]-(r)
USING INDEX SEEK c:Call(hid)
WHERE c.hid >= $first AND c.hid < $end
WITH left(c.hid, 2) AS part, collect(c.hid) AS calls, collect(e.name) AS names,
  collect(CASE WHEN type(e) = 'OUTPUT' THEN -2 ELSE coalesce(e.index, -1) END) AS indices, collect(r.hid) AS refs
RETURN [calls, names, indices, refs] AS rows;

UNWIND $ids AS i
MATCH (c:Call {hid: i})
USING INDEX SEEK c:Call(hid)
RETURN collect(c.hid) AS rows;

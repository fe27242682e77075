// What a call is besides its edges.
UNWIND $ids AS i
MATCH (c:Call {hid: i})
USING INDEX SEEK c:Call(hid)
RETURN collect([c.hid, c.cid, c.version, c.run, c.started, c.duration, c.status]) AS rows;

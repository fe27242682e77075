UNWIND $ids AS i
MATCH (c:Call {hid: i})
RETURN collect(c.hid) AS rows;

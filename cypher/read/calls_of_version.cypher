// A call is written when it has ended; a thousand a record.
MATCH (c:Call {version: $version})
USING INDEX SEEK c:Call(version)
WITH c ORDER BY c.started + c.duration, c.started, c.hid
WITH collect(c.hid) AS hids
UNWIND range(0, size(hids) - 1, 1000) AS page
RETURN hids[page..page + 1000] AS rows;

UNWIND $ids AS i
MATCH (r:Ref {hid: i})-[:INPUT]->(c)
USING INDEX SEEK r:Ref(hid)
WITH DISTINCT i, c ORDER BY c.started + c.duration, c.started, c.hid
RETURN collect([i, c.hid]) AS rows;

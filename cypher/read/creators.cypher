UNWIND $ids AS i
MATCH (r:Ref {hid: i})<-[:OUTPUT]-(c)
USING INDEX SEEK r:Ref(hid)
RETURN collect([i, c.hid]) AS rows;

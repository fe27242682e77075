UNWIND $ids AS i
MATCH (:Ref {hid: i})<-[:OUTPUT]-(c)
RETURN collect([i, c.hid]) AS rows;

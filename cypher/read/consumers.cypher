UNWIND $ids AS i
MATCH (:Ref {hid: i})-[:INPUT]->(c)
RETURN collect(DISTINCT [i, c.hid]) AS rows;

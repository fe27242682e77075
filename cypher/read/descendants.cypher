// Every call downstream of a few calls; visits each node once (pruning expansion).
UNWIND $ids AS i
MATCH (:Call {hid: i})-[:INPUT|OUTPUT*0..]->(n)
WITH DISTINCT n WHERE n:Call
RETURN collect(n.hid) AS rows;

// Every call downstream of a few calls; visits each node once (pruning expansion).
UNWIND $ids AS i
MATCH (c:Call {hid: i})-[:INPUT|OUTPUT*0..]->(n)
USING INDEX SEEK c:Call(hid)
WITH DISTINCT n WHERE n:Call
RETURN collect(n.hid) AS rows;

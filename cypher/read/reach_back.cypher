// The calls upstream of a few refs; visits each node once (pruning expansion).
UNWIND $ids AS i
MATCH (s:Ref {hid: i})<-[:INPUT|OUTPUT*0..]-(n)
USING INDEX SEEK s:Ref(hid)
WITH DISTINCT n WHERE n:Call
RETURN collect(n.hid) AS rows;

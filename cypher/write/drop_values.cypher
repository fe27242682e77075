UNWIND $cids AS cid
MATCH (r:Ref {cid: cid})
USING INDEX SEEK r:Ref(cid)
WHERE r.dropped IS NULL
SET r.dropped = $at
REMOVE r.value
RETURN count(r) AS marked;

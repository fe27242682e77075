UNWIND $cids AS cid
MATCH (r:Ref {cid: cid})
SET r.dropped = $at
REMOVE r.value
RETURN count(r) AS marked;

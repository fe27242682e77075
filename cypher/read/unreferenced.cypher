UNWIND $ids AS i
WITH i WHERE NOT EXISTS { MATCH (r:Ref {cid: i}) USING INDEX SEEK r:Ref(cid) RETURN r }
RETURN collect(i) AS rows;

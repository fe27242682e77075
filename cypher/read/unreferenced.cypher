UNWIND $ids AS i
WITH i WHERE NOT EXISTS { (:Ref {cid: i}) }
RETURN collect(i) AS rows;

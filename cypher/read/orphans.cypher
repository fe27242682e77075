MATCH (r:Ref)
WHERE NOT EXISTS { (r)--() }
RETURN collect(r.hid) AS rows;

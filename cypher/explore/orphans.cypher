// Orphans
//
// Values that no call made or read.
// $limit = 100: how many values
MATCH (r:Ref)
WHERE NOT (r)--()
RETURN r.hid AS ref, r.type AS type, r.nbytes AS bytes, r.preview AS preview
ORDER BY bytes DESC, ref
LIMIT $limit;

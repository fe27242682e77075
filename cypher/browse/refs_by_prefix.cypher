// Refs whose hid is in a range: what begins alike, found by the index on both engines.
MATCH (r:Ref)
WHERE r.hid >= $from AND r.hid < $to
RETURN r.hid AS hid ORDER BY hid
LIMIT $limit;

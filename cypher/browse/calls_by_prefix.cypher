// Calls whose hid is in a range: what begins alike, found by the index on both engines.
MATCH (c:Call)
WHERE c.hid >= $from AND c.hid < $to
RETURN c.hid AS hid ORDER BY hid
LIMIT $limit;

// Refs with a native value. No index: values are compared one by one until there are enough.
MATCH (r:Ref)
WHERE r.value = $value
RETURN r.hid AS hid
LIMIT $limit;

// Refs with a text in their preview. No index: previews are read one by one until there are enough.
MATCH (r:Ref)
WHERE r.preview CONTAINS $text
RETURN r.hid AS hid
LIMIT $limit;

// A number that grows whenever something is deleted.
MATCH (s:Store) RETURN coalesce(s.deletions, 0);

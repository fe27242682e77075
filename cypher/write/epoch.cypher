// Something was deleted: every process asks again what it remembers.
MATCH (s:Store) SET s.deletions = coalesce(s.deletions, 0) + 1;

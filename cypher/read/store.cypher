// The store's own node, and whether the database holds calls.
RETURN [
  COLLECT { MATCH (s:Store) WHERE s.uuid <> '' RETURN [s.uuid, s.format, s.created, s.`values`] },
  EXISTS { (:Call) }
] AS rows;

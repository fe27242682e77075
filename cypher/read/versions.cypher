MATCH (v:Version)
WHERE $op IS NULL OR v.op = $op
WITH v ORDER BY v.created, v.id
RETURN collect([
  v.id, v.op, v.created, v.active, COLLECT { MATCH (v)-[:DEPENDS_ON]->(c) RETURN c.id ORDER BY c.id },
  coalesce(v.whole, false)
]) AS rows;

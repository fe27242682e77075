MATCH (a:Component)-[c:CHANGED_TO]->(b:Component)
WITH a, c, b ORDER BY c.at, a.id, b.id
RETURN collect([a.id, b.id, c.compatible, c.at, c.by]) AS rows;

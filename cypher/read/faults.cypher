// Edges of our types that the schema does not allow, and edges that stand beside another one of the same name.
MATCH (a)-[r]->(b)
WHERE type(r) IN [t IN $allowed | t[0]]
  AND NOT any(t IN $allowed WHERE t[0] = type(r) AND t[1] IN labels(a) AND t[2] IN labels(b))
RETURN [type(r), coalesce(a.hid, a.id, a.name), coalesce(b.hid, b.id, b.name), 'joins nodes that it may not join'] AS row
UNION ALL
MATCH (a)-[r]->(b)
WHERE type(r) IN [t IN $allowed | t[0]]
WITH a, b, type(r) AS type, r.name AS name, r.index AS index, count(*) AS n
WHERE n > 1
RETURN [type, coalesce(a.hid, a.id, a.name), coalesce(b.hid, b.id, b.name), 'is there ' + toString(n) + ' times'] AS row;

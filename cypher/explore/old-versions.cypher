// Calls on an old version
//
// Results of code that is no longer active, by op and version.
MATCH (v:Version)-[:OF]->(o:Op)
WHERE NOT v.active
MATCH (c:Call {version: v.id})
RETURN o.name AS op, v.id AS version, v.created AS created, count(c) AS calls, max(c.started) AS last
ORDER BY op, created, version;

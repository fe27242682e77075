// The keys of nodes of any label, by the engine's own ids. Pages of $ids.
MATCH (n) WHERE elementId(n) IN $ids
RETURN collect([elementId(n), coalesce(n.hid, n.id, n.name, n.uuid)]) AS rows;

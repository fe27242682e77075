UNWIND $ids AS i
MATCH (c:Component {id: i})
RETURN collect([c.id, c.module, c.name, c.kind, c.source, c.created]) AS rows;

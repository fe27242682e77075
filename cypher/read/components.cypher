UNWIND $ids AS i
MATCH (c:Component {id: i})
USING INDEX SEEK c:Component(id)
RETURN collect([c.id, c.module, c.name, c.kind, c.source, c.created]) AS rows;

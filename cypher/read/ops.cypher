MATCH (o:Op)
RETURN collect([
  o.name, o.module, o.qualname, o.doc, o.inputs, o.outputs, coalesce(o.identity, ''), coalesce(o.renamed, [])
]) AS rows;

// What was renamed of an op before, and whether the new name of it (or of an input or output) is in use.
OPTIONAL MATCH (o:Op {name: $op})
RETURN [coalesce(o.renamed, []), CASE $kind
  WHEN 'op' THEN EXISTS { MATCH (c:Call {op: $new}) USING INDEX SEEK c:Call(op) }
  WHEN 'input' THEN EXISTS { MATCH (c:Call {op: $op})<-[:INPUT {name: $new}]-() USING INDEX SEEK c:Call(op) }
  ELSE EXISTS { MATCH (c:Call {op: $op})-[:OUTPUT {name: $new}]->() USING INDEX SEEK c:Call(op) }
END] AS found;

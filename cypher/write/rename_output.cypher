MATCH (c:Call {op: $op})-[e:OUTPUT {name: $old}]->()
USING INDEX SEEK c:Call(op)
SET e.name = $new
RETURN count(e) AS edges;

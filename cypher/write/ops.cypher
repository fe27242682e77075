UNWIND $rows AS o
MERGE (n:Op {name: o[0]})
SET n.module = o[1], n.qualname = o[2], n.doc = o[3], n.inputs = o[4], n.outputs = o[5];

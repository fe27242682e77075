// What a program says of an op; what ids call it and what was renamed, only renaming changes.
UNWIND $rows AS o
MERGE (n:Op {name: o[0]})
ON CREATE SET n.identity = CASE WHEN o[6] = '' THEN null ELSE o[6] END,
              n.renamed = CASE WHEN o[7] = [] THEN null ELSE o[7] END
SET n.module = o[1], n.qualname = o[2], n.doc = o[3], n.inputs = o[4], n.outputs = o[5];

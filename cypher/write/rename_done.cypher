// What an op's node says after a renaming.
MATCH (o:Op {name: $row[0]})
SET o.inputs = $row[1], o.outputs = $row[2], o.identity = $row[3], o.renamed = $row[4];

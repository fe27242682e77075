// What became of a component, and whether that is compatible: the last word counts. A missing component is an error.
UNWIND $rows AS r
OPTIONAL MATCH (a:Component {id: r[0]})
USING INDEX SEEK a:Component(id)
OPTIONAL MATCH (b:Component {id: r[1]})
USING INDEX SEEK b:Component(id)
MERGE (a)-[c:CHANGED_TO]->(b)
SET c.compatible = r[2], c.at = r[3], c.by = r[4];

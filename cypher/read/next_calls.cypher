// One step downstream of many calls.
UNWIND $ids AS i
MATCH (c:Call {hid: i})-[:OUTPUT]->()-[:INPUT]->(n)
USING INDEX SEEK c:Call(hid)
RETURN collect(DISTINCT n.hid) AS rows;

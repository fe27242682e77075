// One step downstream of many calls.
UNWIND $ids AS i
MATCH (:Call {hid: i})-[:OUTPUT]->()-[:INPUT]->(n)
RETURN collect(DISTINCT n.hid) AS rows;

// The next keys of a label's nodes, in order. One statement a label, because labels are no parameters.
MATCH (n:Ref) WHERE n.hid > $after WITH n.hid AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;
MATCH (n:Call) WHERE n.hid > $after WITH n.hid AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;
MATCH (n:Op) WHERE n.name > $after WITH n.name AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;
MATCH (n:Version) WHERE n.id > $after WITH n.id AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;
MATCH (n:Component) WHERE n.id > $after WITH n.id AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;
MATCH (n:Run) WHERE n.id > $after WITH n.id AS key ORDER BY key LIMIT $limit RETURN collect(key) AS rows;

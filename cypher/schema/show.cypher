// The indexes that the server has, and which of them hold a constraint, whatever their names.
SHOW INDEXES YIELD type, entityType, labelsOrTypes, properties, owningConstraint, state
WHERE type = 'RANGE' AND entityType = 'NODE' AND size(labelsOrTypes) = 1 AND state <> 'FAILED'
RETURN labelsOrTypes[0] AS label, properties, owningConstraint IS NOT NULL AS unique;

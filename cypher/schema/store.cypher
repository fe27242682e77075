// The store's own node, made once however many processes open an empty database: the node with the empty uuid lives
// only in this transaction, and its place in the unique index is the lock that the others wait for.
MERGE (lock:Store {uuid: ''})
WITH lock
CALL () {
  OPTIONAL MATCH (s:Store) WHERE s.uuid <> ''
  RETURN count(s) AS stores
}
FOREACH (_ IN CASE WHEN stores = 0 THEN [1] ELSE [] END |
  CREATE (:Store {uuid: $uuid, format: $format, created: $created, `values`: $values})
)
DELETE lock;

// A run is written when it starts and again when it ends.
UNWIND $rows AS r
MERGE (n:Run {id: r[0]})
ON CREATE SET n.started = r[1], n.host = r[3], n.user = r[4], n.argv = r[5], n.python = r[6], n.git_commit = r[7],
              n.git_dirty = r[8], n.packages = r[9]
SET n.ended = coalesce(r[2], n.ended);

// Take the lease of a call for some seconds, or renew it; says whether it is ours. Writing to the one Store node first
// locks it until the commit, so that of several who ask at once one makes the Lease and the others see it. The server's
// clock counts.
MATCH (s:Store)
SET s.deletions = coalesce(s.deletions, 0)
WITH s LIMIT 1
MERGE (l:Lease {hid: $hid})
WITH l, timestamp() / 1000.0 AS now
SET l += CASE
  WHEN l.owner IS NULL OR l.owner = $owner OR l.until < now THEN {owner: $owner, until: now + $seconds}
  ELSE {}
END
RETURN l.owner = $owner AS ours;

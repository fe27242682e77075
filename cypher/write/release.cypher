// Give leases back, and sweep those of programs that died more than a day ago.
MATCH (l:Lease)
WHERE (l.hid IN $hids AND l.owner = $owner) OR l.until < timestamp() / 1000.0 - 86400
DELETE l;

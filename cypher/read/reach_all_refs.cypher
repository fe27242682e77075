// Every ref of a range of hids, in columns, and whether its value is native.
MATCH (r:Ref)
USING INDEX SEEK r:Ref(hid)
WHERE r.hid >= $first AND r.hid < $end
WITH left(r.hid, 2) AS part, collect(r.hid) AS hids,
  collect(CASE WHEN r.value IS NOT NULL AND r.structure IS NULL THEN 1 ELSE 0 END) AS native
RETURN [hids, native] AS rows;

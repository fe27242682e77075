// Of refs, type and native value of those that have one, are no structures and were not dropped.
UNWIND $ids AS i
MATCH (r:Ref {hid: i})
USING INDEX SEEK r:Ref(hid)
WHERE r.value IS NOT NULL AND r.structure IS NULL AND r.dropped IS NULL
RETURN collect([r.hid, r.type, r.value]) AS rows;

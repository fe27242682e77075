// Of refs, whether their values are native and whether a call made them.
UNWIND $ids AS i
MATCH (r:Ref {hid: i})
USING INDEX SEEK r:Ref(hid)
RETURN collect([r.hid, r.value IS NOT NULL AND r.structure IS NULL, EXISTS { (r)<-[:OUTPUT]-() }]) AS rows;

// Of refs, whether the store cannot tell their values, and whether they meet a condition, which stands in place of `true`.
UNWIND $ids AS i
MATCH (r:Ref {hid: i})
USING INDEX SEEK r:Ref(hid)
WITH r, true AS holds
RETURN collect([r.hid, r.value IS NULL OR r.dropped IS NOT NULL, holds]) AS rows;

UNWIND $ids AS i
MATCH (r:Ref {hid: i})
USING INDEX SEEK r:Ref(hid)
RETURN collect([r.hid, r.cid, r.type, r.preview, r.nbytes, r.value, r.structure, r.dropped]) AS rows;

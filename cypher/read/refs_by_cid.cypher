UNWIND $ids AS i
MATCH (r:Ref {cid: i})
USING INDEX SEEK r:Ref(cid)
RETURN collect([r.hid, r.cid, r.type, r.preview, r.nbytes, r.value, r.structure, r.dropped]) AS rows;

// Fails where an edge is left.
UNWIND $hids AS hid
MATCH (r:Ref {hid: hid})
USING INDEX SEEK r:Ref(hid)
DELETE r;

UNWIND $hids AS hid
MATCH (c:Call {hid: hid})
USING INDEX SEEK c:Call(hid)
DETACH DELETE c;

UNWIND $hids AS hid
MATCH (c:Call {hid: hid})
DETACH DELETE c;

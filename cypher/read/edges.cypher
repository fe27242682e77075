// The relationships of calls. Pages of $calls (hids).
UNWIND $calls AS i
MATCH (c:Call {hid: i})-[e:INPUT|OUTPUT]-(:Ref)
USING INDEX SEEK c:Call(hid)
RETURN e;

// What calls and refs are looked up by. Statements name the index they need (USING INDEX), because plans are made from
// the counts of their first use, when a store is nearly empty. Absent properties are not in an index, so the last one
// holds dropped refs only.
CREATE INDEX ref_cid IF NOT EXISTS FOR (n:Ref) ON (n.cid);
CREATE INDEX call_cid IF NOT EXISTS FOR (n:Call) ON (n.cid);
CREATE INDEX call_op IF NOT EXISTS FOR (n:Call) ON (n.op);
CREATE INDEX call_version IF NOT EXISTS FOR (n:Call) ON (n.version);
CREATE INDEX call_run IF NOT EXISTS FOR (n:Call) ON (n.run);
CREATE INDEX ref_cid_dropped IF NOT EXISTS FOR (n:Ref) ON (n.cid, n.dropped);

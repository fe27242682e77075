// Calls by hid, and by cid, with what a hit needs of their outputs. A cid gives one call, and one whose outputs all
// have their values where there is one.
CALL () {
  UNWIND $hids AS i
  MATCH (c:Call {hid: i})
  USING INDEX SEEK c:Call(hid)
  WHERE c.status = 'ok'
  RETURN collect([c.hid, c.cid, c.op, COLLECT {
    MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid, r.cid, r.type, r.value, r.structure, r.dropped]
  }]) AS by_hid
}
CALL () {
  UNWIND $cids AS i
  CALL (i) {
    MATCH (c:Call {cid: i})
    USING INDEX SEEK c:Call(cid)
    WHERE c.status = 'ok'
    WITH c, EXISTS { (c)-[:OUTPUT]->(r) WHERE r.dropped IS NOT NULL } AS dropped
    ORDER BY dropped LIMIT 1
    RETURN c
  }
  RETURN collect([c.hid, c.cid, c.op, COLLECT {
    MATCH (c)-[o:OUTPUT]->(r) RETURN [o.name, r.hid, r.cid, r.type, r.value, r.structure, r.dropped]
  }]) AS by_cid
}
RETURN [by_hid, by_cid] AS rows;

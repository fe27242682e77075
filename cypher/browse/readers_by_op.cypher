// Of refs: how many calls of each op read them, under which input name (the first of several).
UNWIND $ids AS i
MATCH (r:Ref {hid: i})-[e:INPUT]->(c:Call)
RETURN i AS ref, c.op AS op, count(DISTINCT c) AS calls, min(e.name) AS name;

// As calls_of, one a record, so that a client holds no more than it looks at.
MATCH (c:Call)
RETURN c.hid ORDER BY c.started + c.duration, c.started, c.hid;

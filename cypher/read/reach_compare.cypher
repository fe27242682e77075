// Of refs, whether they have no native value, and whether it stands in $op to $constant.
UNWIND $ids AS i
MATCH (r:Ref {hid: i})
USING INDEX SEEK r:Ref(hid)
RETURN collect([
  r.hid,
  r.value IS NULL OR r.dropped IS NOT NULL,
  CASE $op
    WHEN '<' THEN r.value < $constant
    WHEN '<=' THEN r.value <= $constant
    WHEN '>' THEN r.value > $constant
    WHEN '>=' THEN r.value >= $constant
    ELSE r.value = $constant
  END
]) AS rows;

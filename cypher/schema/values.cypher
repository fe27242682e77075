// Where values are kept from now on.
MATCH (s:Store {uuid: $uuid}) SET s.`values` = $values;

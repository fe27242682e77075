// The last step of a migration.
MATCH (s:Store {uuid: $uuid}) WHERE s.format < $format SET s.format = $format;

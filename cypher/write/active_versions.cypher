// Which versions hold for the code of the program that last used their op; versions that are gone stay so.
UNWIND $rows AS r
MATCH (v:Version {id: r[0]})
USING INDEX SEEK v:Version(id)
SET v.active = r[1];

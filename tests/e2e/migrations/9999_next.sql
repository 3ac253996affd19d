-- What the next version of the program might change, for the test of an upgrade in place.
ALTER TABLE organization ADD COLUMN next_note TEXT;
CREATE TABLE next_thing (name TEXT PRIMARY KEY) STRICT;

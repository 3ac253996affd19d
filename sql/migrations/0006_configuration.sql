-- A word that is new whenever a setting or a signing key is: processes read those anew only then.
-- It is random, so that another file's state is never taken for this one's.
CREATE TABLE configuration (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  revision TEXT NOT NULL
) STRICT;
INSERT INTO configuration VALUES (1, hex(randomblob(16)));

CREATE TRIGGER setting_added AFTER INSERT ON setting
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;
CREATE TRIGGER setting_changed AFTER UPDATE ON setting
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;
CREATE TRIGGER setting_removed AFTER DELETE ON setting
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;
CREATE TRIGGER signing_key_added AFTER INSERT ON signing_key
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;
CREATE TRIGGER signing_key_changed AFTER UPDATE ON signing_key
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;
CREATE TRIGGER signing_key_removed AFTER DELETE ON signing_key
  BEGIN UPDATE configuration SET revision = hex(randomblob(16)); END;

-- Most tokens are of no person and of no family: those need no place in an index.
DROP INDEX token_user;
CREATE INDEX token_user ON token (user_id) WHERE user_id IS NOT NULL;
DROP INDEX token_family;
CREATE INDEX token_family ON token (family) WHERE family IS NOT NULL;

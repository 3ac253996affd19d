-- People who sign in, what they let clients do, and what is handed to clients in their name.
-- Codes, refresh tokens and sessions are kept as the SHA-256 of their text, in hexadecimal.

-- A person.  A token in a person's name reaches the organisation of the person, not of the client.
CREATE TABLE user (
  id            INTEGER PRIMARY KEY,
  subject       TEXT NOT NULL UNIQUE,       -- sub of the person's tokens; never that of a client
  owner         TEXT NOT NULL REFERENCES organization (name) ON UPDATE CASCADE,
  name          TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  email         TEXT NOT NULL,              -- '' when unknown
  password_hash TEXT,                       -- crypt(5); NULL: nobody can sign in
  scope         TEXT NOT NULL,              -- what the person may let clients do, separated by spaces
  is_forbidden  INTEGER NOT NULL CHECK (is_forbidden IN (0, 1)),
  created_at_s  INTEGER NOT NULL,
  updated_at_s  INTEGER NOT NULL,
  UNIQUE (owner, name)
) STRICT;
CREATE UNIQUE INDEX user_email ON user (lower(email)) WHERE email <> '';

-- A browser in which a person has signed in.
CREATE TABLE session (
  id_sha256      TEXT PRIMARY KEY,
  user_id        INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  signed_in_at_s INTEGER NOT NULL,
  seen_at_s      INTEGER NOT NULL,          -- to the minute
  expires_at_s   INTEGER NOT NULL           -- at the latest, however often it is seen
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_at_s);

-- How a client came to be: 'made' by an administrator, 'registered' by itself (RFC 7591), or read
-- from a 'document' that its client_id is the URL of.
ALTER TABLE application ADD COLUMN origin TEXT NOT NULL DEFAULT 'made'
  CHECK (origin IN ('made', 'registered', 'document'));
-- RFC 7591 section 2; '': basic or post, as the client likes.
ALTER TABLE application ADD COLUMN token_endpoint_auth_method TEXT NOT NULL DEFAULT '';
-- Whether people are asked before the client gets a token: 'once' for a set of scopes, 'always', or
-- 'never'.
ALTER TABLE application ADD COLUMN consent_policy TEXT NOT NULL DEFAULT 'once';
ALTER TABLE application ADD COLUMN jwks TEXT NOT NULL DEFAULT '{}';      -- RFC 7517 section 5
ALTER TABLE application ADD COLUMN registration_token_sha256 TEXT;      -- RFC 7592 section 3
ALTER TABLE application ADD COLUMN used_at_s INTEGER;                   -- by a registered one, to the hour
ALTER TABLE application ADD COLUMN document_expires_at_s INTEGER;       -- when to read it again
CREATE INDEX application_origin ON application (origin, used_at_s) WHERE origin <> 'made';

-- What a person let a client do.
CREATE TABLE consent (
  user_id        INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  scope          TEXT NOT NULL,             -- separated by spaces
  granted_at_s   INTEGER NOT NULL,
  PRIMARY KEY (user_id, application_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_application ON consent (application_id);

-- An authorization code (RFC 6749 section 4.1).  All that comes of one authorization is a family.
CREATE TABLE authorization_code (
  code_sha256    TEXT PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  user_id        INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  redirect_uri   TEXT NOT NULL,
  redirect_uri_sent INTEGER NOT NULL CHECK (redirect_uri_sent IN (0, 1)),
  code_challenge TEXT NOT NULL,             -- RFC 7636, method S256
  scope          TEXT NOT NULL,
  nonce          TEXT,                      -- OpenID Connect
  signed_in_at_s INTEGER NOT NULL,
  family         TEXT NOT NULL,
  expires_at_s   INTEGER NOT NULL,
  used_at_s      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authorization_code_expires ON authorization_code (expires_at_s);
CREATE INDEX authorization_code_application ON authorization_code (application_id);
CREATE INDEX authorization_code_user ON authorization_code (user_id);

CREATE TABLE refresh_token (
  token_sha256   TEXT PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  user_id        INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  scope          TEXT NOT NULL,
  signed_in_at_s INTEGER NOT NULL,
  family         TEXT NOT NULL,
  issued_at_s    INTEGER NOT NULL,
  expires_at_s   INTEGER NOT NULL,
  used_at_s      INTEGER                    -- when another took its place
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_expires ON refresh_token (expires_at_s);
CREATE INDEX refresh_token_application ON refresh_token (application_id);
CREATE INDEX refresh_token_user ON refresh_token (user_id);

-- A terminal that waits for a person (RFC 8628).
CREATE TABLE device_code (
  device_sha256  TEXT PRIMARY KEY,
  user_code      TEXT NOT NULL UNIQUE,
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  scope          TEXT NOT NULL,
  expires_at_s   INTEGER NOT NULL,
  polled_at_s    INTEGER,
  interval_s     INTEGER NOT NULL,
  decision       TEXT CHECK (decision IN ('allowed', 'denied')),  -- NULL: none yet
  user_id        INTEGER REFERENCES user (id) ON DELETE CASCADE,
  signed_in_at_s INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_code_expires ON device_code (expires_at_s);
CREATE INDEX device_code_application ON device_code (application_id);
CREATE INDEX device_code_user ON device_code (user_id);

-- The person in whose name a token is (NULL: the client's own), and the family it came of.
ALTER TABLE token ADD COLUMN user_id INTEGER REFERENCES user (id) ON DELETE CASCADE;
ALTER TABLE token ADD COLUMN family TEXT;
CREATE INDEX token_user ON token (user_id);
CREATE INDEX token_family ON token (family);
CREATE INDEX token_expires ON token (expires_at_s);

-- Guesses that failed, for each account, client and address.
CREATE TABLE throttle (
  key        TEXT PRIMARY KEY,              -- such as 'user my-org/alice'
  failures   INTEGER NOT NULL,
  last_at_s  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_last ON throttle (last_at_s);

-- A client's assertions that were used (RFC 7523 section 3), until they expire.
CREATE TABLE client_assertion (
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  jti            TEXT NOT NULL,
  expires_at_s   INTEGER NOT NULL,
  PRIMARY KEY (application_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_assertion_expires ON client_assertion (expires_at_s);

ALTER TABLE audit ADD COLUMN user TEXT NOT NULL DEFAULT '';  -- in whose name: owner/name of a person

DROP VIEW audit_readable;
CREATE VIEW audit_readable AS
  SELECT id, datetime(at_s, 'unixepoch') AS at, client_id, user, organization, tool, target, outcome,
         request_id, address, traceparent
    FROM audit;

DROP VIEW token_readable;
CREATE VIEW token_readable AS
  SELECT token.jti, application.owner || '/' || application.name AS application,
         user.owner || '/' || user.name AS user, token.subject, token.scope, token.resource,
         datetime(token.issued_at_s, 'unixepoch') AS issued,
         datetime(token.expires_at_s, 'unixepoch') AS expires,
         datetime(token.revoked_at_s, 'unixepoch') AS revoked
    FROM token JOIN application ON application.id = token.application_id
    LEFT JOIN user ON user.id = token.user_id;

CREATE VIEW user_readable AS
  SELECT owner || '/' || name AS user, display_name, email, scope,
         password_hash IS NOT NULL AS has_password, is_forbidden,
         datetime(created_at_s, 'unixepoch') AS created,
         datetime(updated_at_s, 'unixepoch') AS updated
    FROM user;

CREATE VIEW consent_readable AS
  SELECT user.owner || '/' || user.name AS user,
         application.owner || '/' || application.name AS application, consent.scope,
         datetime(consent.granted_at_s, 'unixepoch') AS granted
    FROM consent JOIN user ON user.id = consent.user_id
    JOIN application ON application.id = consent.application_id;

-- The first schema.  Times are seconds since 1970 (the column says so: _at_s), lists are JSON text,
-- secrets are SHA-256 in hexadecimal.  The *_readable views are for people with a sqlite3 shell.

-- What the person who runs the server chose; a setting without a row has its default.
CREATE TABLE setting (
  name         TEXT PRIMARY KEY,
  value        TEXT NOT NULL,
  updated_at_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A tenant.  'built-in' is the one whose clients may reach all others.
CREATE TABLE organization (
  name         TEXT PRIMARY KEY,
  display_name TEXT NOT NULL,
  created_at_s INTEGER NOT NULL,
  updated_at_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An OAuth client.  Fields without a meaning here are members of the JSON object in properties.
CREATE TABLE application (
  id                   INTEGER PRIMARY KEY,
  owner                TEXT NOT NULL REFERENCES organization (name) ON UPDATE CASCADE,
  name                 TEXT NOT NULL,
  organization         TEXT NOT NULL REFERENCES organization (name) ON UPDATE CASCADE,
  display_name         TEXT NOT NULL,
  description          TEXT NOT NULL,
  created_at_s         INTEGER NOT NULL,
  updated_at_s         INTEGER NOT NULL,
  client_id            TEXT NOT NULL UNIQUE,
  client_secret_sha256 TEXT,               -- of the secret's text; NULL: there is no secret
  scopes               TEXT NOT NULL,      -- JSON array of objects, each with a "name"
  scope                TEXT NOT NULL,      -- the names in scopes, separated by spaces
  grant_types          TEXT NOT NULL,      -- JSON array of strings
  redirect_uris        TEXT NOT NULL,      -- JSON array of strings
  expire_in_hours      REAL NOT NULL,      -- of access tokens; 0: as the setting says
  properties           TEXT NOT NULL,      -- JSON object
  UNIQUE (owner, name)
) STRICT;
CREATE INDEX application_organization ON application (organization);

-- A key that signs access tokens.  A retired key signs no more; its tokens are good until they expire.
CREATE TABLE signing_key (
  kid          TEXT PRIMARY KEY,           -- RFC 7638 thumbprint
  alg          TEXT NOT NULL CHECK (alg IN ('RS256', 'ES256')),
  private_pem  TEXT NOT NULL,
  public_pem   TEXT NOT NULL,
  jwk          TEXT NOT NULL,              -- the public key as JSON (RFC 7517)
  created_at_s INTEGER NOT NULL,
  retired_at_s INTEGER
) STRICT, WITHOUT ROWID;

-- An access token that was issued: what it grants, never the token itself.
CREATE TABLE token (
  jti            TEXT PRIMARY KEY,         -- its id, RFC 7519 section 4.1.7
  application_id INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
  subject        TEXT NOT NULL,
  scope          TEXT NOT NULL,            -- as the client asked for it
  resource       TEXT NOT NULL,            -- the audience, RFC 8707
  issued_at_s    INTEGER NOT NULL,
  expires_at_s   INTEGER NOT NULL,
  revoked_at_s   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX token_application ON token (application_id);

-- Every change, in its transaction, and every call that was refused for lack of scope or right.
CREATE TABLE audit (
  id           INTEGER PRIMARY KEY,
  at_s         INTEGER NOT NULL,
  client_id    TEXT NOT NULL,              -- who; 'casement' for the command line
  organization TEXT NOT NULL,              -- of the caller
  tool         TEXT NOT NULL,              -- what: the tool, 'token', or the command
  target       TEXT NOT NULL,              -- to which: owner/name or an id
  outcome      TEXT NOT NULL,              -- 'ok', or the name of the status that refused it
  request_id   TEXT NOT NULL,
  address      TEXT NOT NULL               -- of the client; '' for the command line
) STRICT;

CREATE VIEW application_readable AS
  SELECT owner || '/' || name AS application, organization, display_name, client_id, scope,
         grant_types, datetime(created_at_s, 'unixepoch') AS created,
         datetime(updated_at_s, 'unixepoch') AS updated
    FROM application;

CREATE VIEW token_readable AS
  SELECT token.jti, application.owner || '/' || application.name AS application,
         token.subject, token.scope, token.resource,
         datetime(token.issued_at_s, 'unixepoch') AS issued,
         datetime(token.expires_at_s, 'unixepoch') AS expires,
         datetime(token.revoked_at_s, 'unixepoch') AS revoked
    FROM token JOIN application ON application.id = token.application_id;

CREATE VIEW audit_readable AS
  SELECT id, datetime(at_s, 'unixepoch') AS at, client_id, organization, tool, target, outcome,
         request_id, address
    FROM audit;

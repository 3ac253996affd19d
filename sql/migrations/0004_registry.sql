-- The whole registry: organisations, users, roles and permissions have the fields that people manage,
-- and the audit trail tells what was before and after.  Fields without a meaning here are members of
-- the JSON object in properties.

ALTER TABLE organization ADD COLUMN owner TEXT NOT NULL DEFAULT 'admin';  -- always, as Casdoor has it
ALTER TABLE organization ADD COLUMN disable_signin INTEGER NOT NULL DEFAULT 0;  -- 1: all in it stops
ALTER TABLE organization ADD COLUMN application_quota INTEGER NOT NULL DEFAULT -1;  -- -1: no limit
ALTER TABLE organization ADD COLUMN user_quota INTEGER NOT NULL DEFAULT -1;
ALTER TABLE organization ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';

ALTER TABLE application ADD COLUMN disable_signin INTEGER NOT NULL DEFAULT 0;  -- 1: it is switched off
ALTER TABLE application ADD COLUMN ip_whitelist TEXT NOT NULL DEFAULT '';  -- addresses, ranges; '': any
UPDATE application
   SET disable_signin = coalesce(json_extract(properties, '$.disableSignin'), 0),
       ip_whitelist = coalesce(json_extract(properties, '$.ipWhitelist'), ''),
       properties = json_remove(properties, '$.disableSignin', '$.ipWhitelist');

ALTER TABLE user ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN is_admin INTEGER NOT NULL DEFAULT 0;  -- 1: all scopes in the organisation
ALTER TABLE user ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';    -- JSON array; scope has the same
ALTER TABLE user ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';
UPDATE user SET scopes = '["' || replace(scope, ' ', '","') || '"]' WHERE scope <> '';

-- A named set of users and of other roles.
CREATE TABLE role (
  id           INTEGER PRIMARY KEY,
  owner        TEXT NOT NULL REFERENCES organization (name) ON UPDATE CASCADE,
  name         TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description  TEXT NOT NULL,
  is_enabled   INTEGER NOT NULL,
  created_at_s INTEGER NOT NULL,
  updated_at_s INTEGER NOT NULL,
  properties   TEXT NOT NULL,
  UNIQUE (owner, name)
) STRICT;
CREATE TABLE role_user (
  role_id INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_user_user ON role_user (user_id);
-- Who has the member role has the role.
CREATE TABLE role_role (
  role_id   INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  member_id INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_role_member ON role_role (member_id);

-- Scopes that users and roles of an organisation have, or are denied; denied wins.
CREATE TABLE permission (
  id           INTEGER PRIMARY KEY,
  owner        TEXT NOT NULL REFERENCES organization (name) ON UPDATE CASCADE,
  name         TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description  TEXT NOT NULL,
  scopes       TEXT NOT NULL,              -- JSON array of strings
  scope        TEXT NOT NULL,              -- the same, separated by spaces
  effect       TEXT NOT NULL CHECK (effect IN ('Allow', 'Deny')),
  is_enabled   INTEGER NOT NULL,
  created_at_s INTEGER NOT NULL,
  updated_at_s INTEGER NOT NULL,
  properties   TEXT NOT NULL,
  UNIQUE (owner, name)
) STRICT;
CREATE TABLE permission_user (
  permission_id INTEGER NOT NULL REFERENCES permission (id) ON DELETE CASCADE,
  user_id       INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  PRIMARY KEY (permission_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_user_user ON permission_user (user_id);
CREATE TABLE permission_role (
  permission_id INTEGER NOT NULL REFERENCES permission (id) ON DELETE CASCADE,
  role_id       INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  PRIMARY KEY (permission_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_role_role ON permission_role (role_id);

-- Requests of a minute, where settings limit them.
CREATE TABLE rate (
  key      TEXT PRIMARY KEY,               -- such as 'token CLIENT_ID'
  window_s INTEGER NOT NULL,               -- when the minute began
  requests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_window ON rate (window_s);

CREATE INDEX token_issued ON token (issued_at_s);

-- What a change was made of, without secrets: JSON of the row; NULL: there was none.
ALTER TABLE audit ADD COLUMN before_json TEXT;
ALTER TABLE audit ADD COLUMN after_json TEXT;
CREATE INDEX audit_at ON audit (at_s);

-- The trail is only added to.  What is older than the setting audit_retention_days may go.
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
  WHEN old.at_s > CAST(strftime('%s', 'now') AS INTEGER) - 86400 * coalesce(
         (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'audit_retention_days'), 365)
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_stays_as_written BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

CREATE VIEW organization_readable AS
  SELECT name AS organization, display_name, disable_signin, application_quota, user_quota,
         datetime(created_at_s, 'unixepoch') AS created
    FROM organization;

CREATE VIEW role_readable AS
  SELECT role.owner || '/' || role.name AS role, role.is_enabled,
         (SELECT group_concat(user.owner || '/' || user.name, ' ')
            FROM role_user JOIN user ON user.id = role_user.user_id
           WHERE role_user.role_id = role.id) AS users,
         (SELECT group_concat(member.owner || '/' || member.name, ' ')
            FROM role_role JOIN role AS member ON member.id = role_role.member_id
           WHERE role_role.role_id = role.id) AS roles
    FROM role;

CREATE VIEW permission_readable AS
  SELECT permission.owner || '/' || permission.name AS permission, permission.effect,
         permission.scope, permission.is_enabled,
         (SELECT group_concat(user.owner || '/' || user.name, ' ')
            FROM permission_user JOIN user ON user.id = permission_user.user_id
           WHERE permission_user.permission_id = permission.id) AS users,
         (SELECT group_concat(role.owner || '/' || role.name, ' ')
            FROM permission_role JOIN role ON role.id = permission_role.role_id
           WHERE permission_role.permission_id = permission.id) AS roles
    FROM permission;

-- Every list begins at a place in an index, and every reference has one, so that a page costs the same
-- among a thousand rows and among a million.

CREATE INDEX application_changed ON application (owner, updated_at_s, name);
CREATE INDEX user_changed ON user (owner, updated_at_s, name);
CREATE INDEX role_changed ON role (owner, updated_at_s, name);
CREATE INDEX permission_changed ON permission (owner, updated_at_s, name);
CREATE INDEX organization_changed ON organization (updated_at_s);

CREATE INDEX user_name ON user (name);                           -- sign-in by the name alone
CREATE INDEX user_phone ON user (owner, phone) WHERE phone <> '';

-- Whose resources a token reaches: the organisation of its person, or of its application.
ALTER TABLE token ADD COLUMN owner TEXT REFERENCES organization (name) ON UPDATE CASCADE;
UPDATE token
   SET owner = coalesce((SELECT user.owner FROM user WHERE user.id = token.user_id),
         (SELECT organization FROM application WHERE application.id = token.application_id));
CREATE INDEX token_owner ON token (owner, jti);
CREATE INDEX token_changed ON token (owner, issued_at_s, jti);
DROP INDEX token_issued;
CREATE TRIGGER token_follows_application AFTER UPDATE OF organization ON application
  WHEN new.organization <> old.organization
  BEGIN
    UPDATE token SET owner = new.organization WHERE application_id = new.id AND user_id IS NULL;
  END;

CREATE INDEX audit_target ON audit (target);
CREATE INDEX audit_client ON audit (client_id);
CREATE INDEX audit_organization ON audit (organization);
CREATE INDEX audit_tool ON audit (tool) WHERE tool <> 'token';

-- A row that takes the place of another fires no trigger for the one that goes.
CREATE TRIGGER audit_replaces_no_row BEFORE INSERT ON audit
  WHEN EXISTS (SELECT 1 FROM audit WHERE audit.id = new.id)
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

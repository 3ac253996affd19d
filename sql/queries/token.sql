-- For the client that was looked at, while the token was signed too: an id, and a client_id, may
-- have become another's meanwhile.
-- name: token_insert
INSERT INTO token
  (jti, application_id, subject, scope, resource, issued_at_s, expires_at_s, revoked_at_s, user_id,
   family, owner)
SELECT :jti, id, :subject, :scope, :resource, :issued_at_s, :expires_at_s, NULL, :user_id, :family,
       coalesce((SELECT user.owner FROM user WHERE user.id = :user_id), organization)
  FROM application
 WHERE id = :application_id AND client_id = :client_id AND organization = :organization
   AND coalesce(client_secret_sha256, '') = :client_secret_sha256

-- name: token_caller
-- Who a token speaks for, as the registry has it now.  The application must still be there.
SELECT application.client_id, coalesce(user.owner, application.organization), application.scope,
       token.revoked_at_s, user.id, coalesce(user.scope, ''), coalesce(user.is_forbidden, 0),
       coalesce(user.owner || '/' || user.name, ''), coalesce(user.is_admin, 0),
       application.ip_whitelist, application.origin NOT IN ('made', 'registered'),
       application.disable_signin OR
       EXISTS (SELECT 1 FROM organization WHERE name = application.owner AND disable_signin) OR
       EXISTS (SELECT 1 FROM organization
                WHERE name = application.organization AND disable_signin) OR
       EXISTS (SELECT 1 FROM organization WHERE name = user.owner AND disable_signin),
       application.origin = 'made' AND coalesce(user.owner <> application.organization, 0)
  FROM token JOIN application ON application.id = token.application_id
  LEFT JOIN user ON user.id = token.user_id
 WHERE token.jti = :jti

-- Tokens as rows of the registry; their name is the jti.
-- fragment: token_columns
token.owner, token.jti AS name, application.owner || '/' || application.name, application.client_id,
coalesce(user.owner || '/' || user.name, ''), token.scope, token.issued_at_s, token.expires_at_s,
coalesce(token.revoked_at_s, 0), json_object()

-- fragment: token_source
token CROSS JOIN application ON application.id = token.application_id
LEFT JOIN user ON user.id = token.user_id

-- name: token_get
SELECT {token_columns} FROM {token_source} WHERE token.jti = :name AND token.owner = :owner

-- The pages of page.sql.  A token changes once, by its end: updatedSince is about when it was issued.
-- name: token_list
SELECT {token_columns} FROM {homes} CROSS JOIN {token_source}
 WHERE token.owner = home AND token.jti < :name_prefix || char(127)
   AND token.jti >= CASE home WHEN :after_owner THEN max(:after_name, :name_prefix)
                              ELSE :name_prefix END
   AND (home <> :after_owner OR +token.jti > :after_name)
 ORDER BY home, token.jti LIMIT :limit

-- name: token_changed
SELECT {token_columns} FROM {homes} CROSS JOIN {token_source}
 WHERE token.owner = home AND token.jti >= :name_prefix AND token.jti < :name_prefix || char(127)
   AND (token.issued_at_s, token.jti) >
       (CASE home WHEN :after_owner THEN max(:after_s, :since_s) ELSE :since_s END,
        CASE WHEN home = :after_owner AND :after_s >= :since_s THEN :after_name ELSE '' END)
 ORDER BY home, token.issued_at_s, token.jti LIMIT :limit

-- name: token_delete
UPDATE token SET revoked_at_s = coalesce(revoked_at_s, CAST(strftime('%s', 'now') AS INTEGER))
 WHERE jti = :key_name AND :key_owner IS NOT NULL

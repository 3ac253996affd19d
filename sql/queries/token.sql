-- name: token_insert
INSERT INTO token
  (jti, application_id, subject, scope, resource, issued_at_s, expires_at_s, revoked_at_s, user_id,
   family)
SELECT :jti, id, :subject, :scope, :resource, :issued_at_s, :expires_at_s, NULL, :user_id, :family
  FROM application WHERE client_id = :client_id

-- name: token_caller
-- Who a token speaks for, as the registry has it now.  The application must still be there.
SELECT application.client_id, coalesce(user.owner, application.organization), application.scope,
       token.revoked_at_s, user.id, coalesce(user.scope, ''), coalesce(user.is_forbidden, 0),
       coalesce(user.owner || '/' || user.name, ''), coalesce(user.is_admin, 0),
       application.ip_whitelist,
       application.disable_signin OR
       EXISTS (SELECT 1 FROM organization WHERE name = application.owner AND disable_signin) OR
       EXISTS (SELECT 1 FROM organization
                WHERE name = application.organization AND disable_signin) OR
       EXISTS (SELECT 1 FROM organization WHERE name = user.owner AND disable_signin)
  FROM token JOIN application ON application.id = token.application_id
  LEFT JOIN user ON user.id = token.user_id
 WHERE token.jti = :jti

-- Tokens as rows of the registry; their name is the jti, their owner whose resources they reach.
-- fragment: token_columns
coalesce(user.owner, application.organization) AS owner, token.jti AS name,
application.owner || '/' || application.name, application.client_id,
coalesce(user.owner || '/' || user.name, ''), token.scope, token.issued_at_s, token.expires_at_s,
coalesce(token.revoked_at_s, 0), json_object()

-- fragment: token_source
FROM token JOIN application ON application.id = token.application_id
LEFT JOIN user ON user.id = token.user_id

-- name: token_get
SELECT {token_columns} {token_source}
 WHERE token.jti = :name AND coalesce(user.owner, application.organization) = :owner

-- name: token_list
SELECT {token_columns} {token_source}
 WHERE (coalesce(user.owner, application.organization), token.jti) > (:after_owner, :after_name)
   AND token.issued_at_s >= :since_s
   AND token.jti >= :name_prefix AND token.jti < :name_prefix || char(127)
 ORDER BY 1, 2 LIMIT :limit

-- name: token_list_of_owner
SELECT {token_columns} {token_source}
 WHERE coalesce(user.owner, application.organization) = :owner AND token.jti > :after_name
   AND token.issued_at_s >= :since_s
   AND token.jti >= :name_prefix AND token.jti < :name_prefix || char(127)
 ORDER BY 2 LIMIT :limit

-- name: token_delete
UPDATE token SET revoked_at_s = coalesce(revoked_at_s, CAST(strftime('%s', 'now') AS INTEGER))
 WHERE jti = :key_name AND :key_owner IS NOT NULL

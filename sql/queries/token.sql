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
       coalesce(user.owner || '/' || user.name, '')
  FROM token JOIN application ON application.id = token.application_id
  LEFT JOIN user ON user.id = token.user_id
 WHERE token.jti = :jti

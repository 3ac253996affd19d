-- name: token_insert
INSERT INTO token
  (jti, application_id, subject, scope, resource, issued_at_s, expires_at_s, revoked_at_s)
SELECT :jti, id, :subject, :scope, :resource, :issued_at_s, :expires_at_s, NULL
  FROM application WHERE client_id = :client_id

-- name: token_caller
-- Who a token speaks for, as the registry has it now.  The application must still be there.
SELECT application.client_id, application.organization, application.scope, token.revoked_at_s
  FROM token JOIN application ON application.id = token.application_id
 WHERE token.jti = :jti

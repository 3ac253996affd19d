-- name: consent_get
SELECT scope FROM consent WHERE user_id = :user_id AND application_id = :application_id

-- name: consent_put
INSERT INTO consent (user_id, application_id, scope, granted_at_s)
VALUES (:user_id, :application_id, :scope, :now_s)
    ON CONFLICT (user_id, application_id) DO UPDATE
   SET scope = :scope, granted_at_s = :now_s

-- name: consent_delete
DELETE FROM consent WHERE user_id = :user_id AND application_id = :application_id

-- name: consent_list
SELECT application.id, application.client_id, application.display_name, consent.scope,
       consent.granted_at_s
  FROM consent JOIN application ON application.id = consent.application_id
 WHERE consent.user_id = :user_id
 ORDER BY consent.granted_at_s DESC LIMIT 200

-- For the client that was looked at: an id may have become another's meanwhile.
-- name: code_insert
INSERT INTO authorization_code
  (code_sha256, application_id, user_id, redirect_uri, redirect_uri_sent, code_challenge, scope,
   nonce, signed_in_at_s, family, expires_at_s, used_at_s)
SELECT :code_sha256, id, :user_id, :redirect_uri, :redirect_uri_sent, :code_challenge, :scope,
       :nonce, :signed_in_at_s, :family, :expires_at_s, NULL
  FROM application WHERE id = :application_id AND client_id = :client_id

-- name: code_get
SELECT code_sha256, application_id, user_id, redirect_uri, redirect_uri_sent, code_challenge, scope, nonce,
       signed_in_at_s, family, expires_at_s, used_at_s
  FROM authorization_code WHERE code_sha256 = :code_sha256

-- name: code_spend
UPDATE authorization_code SET used_at_s = :now_s
 WHERE code_sha256 = :code_sha256 AND used_at_s IS NULL AND expires_at_s > :now_s

-- name: code_delete_of
DELETE FROM authorization_code WHERE user_id = :user_id AND application_id = :application_id

-- name: code_delete_of_user
DELETE FROM authorization_code WHERE user_id = :user_id

-- name: refresh_insert
INSERT INTO refresh_token
  (token_sha256, application_id, user_id, scope, signed_in_at_s, family, issued_at_s, expires_at_s,
   used_at_s)
VALUES
  (:token_sha256, :application_id, :user_id, :scope, :signed_in_at_s, :family, :now_s,
   :expires_at_s, NULL)

-- name: refresh_get
SELECT token_sha256, application_id, user_id, scope, signed_in_at_s, family, expires_at_s, used_at_s
  FROM refresh_token WHERE token_sha256 = :token_sha256

-- A token that was used a moment ago may be used again: two windows of one client asked at once.
-- name: refresh_spend
UPDATE refresh_token SET used_at_s = coalesce(used_at_s, :now_s)
 WHERE token_sha256 = :token_sha256 AND expires_at_s > :now_s
   AND (used_at_s IS NULL OR used_at_s >= :grace_since_s)

-- name: refresh_delete_family
DELETE FROM refresh_token WHERE family = :family

-- name: refresh_delete_of
DELETE FROM refresh_token WHERE user_id = :user_id AND application_id = :application_id

-- name: refresh_delete_of_user
DELETE FROM refresh_token WHERE user_id = :user_id

-- name: token_revoke_family
UPDATE token SET revoked_at_s = :now_s WHERE family = :family AND revoked_at_s IS NULL

-- name: token_revoke_of
UPDATE token SET revoked_at_s = :now_s
 WHERE user_id = :user_id AND application_id = :application_id AND revoked_at_s IS NULL

-- name: token_revoke_of_user
UPDATE token SET revoked_at_s = :now_s WHERE user_id = :user_id AND revoked_at_s IS NULL

-- name: token_revoke
UPDATE token SET revoked_at_s = :now_s WHERE jti = :jti AND revoked_at_s IS NULL

-- name: client_get
SELECT id, client_id, owner, name, organization, display_name, client_secret_sha256, scope,
       grant_types, redirect_uris, expire_in_hours, origin, token_endpoint_auth_method,
       consent_policy, jwks, registration_token_sha256, created_at_s, document_expires_at_s,
       ip_whitelist,
       disable_signin OR EXISTS (SELECT 1 FROM organization WHERE disable_signin = 1
         AND organization.name = application.owner)
       OR EXISTS (SELECT 1 FROM organization WHERE disable_signin = 1
         AND organization.name = application.organization)
  FROM application WHERE client_id = :client_id

-- name: client_insert
INSERT INTO application
  (owner, name, organization, display_name, description, created_at_s, updated_at_s, client_id,
   scopes, scope, grant_types, redirect_uris, expire_in_hours, token_endpoint_auth_method,
   consent_policy, client_secret_sha256, properties, origin, jwks, registration_token_sha256,
   document_expires_at_s)
VALUES
  (:owner, :name, :owner, :display_name, '', :now_s, :now_s, :client_id, :scopes, :scope,
   :grant_types, :redirect_uris, 0, :token_endpoint_auth_method, 'once', :client_secret_sha256,
   json_object(), :origin, :jwks, :registration_token_sha256, :document_expires_at_s)

-- What a client may do in all is the administrator's, once it is there: its scopes stay.
-- name: client_update
UPDATE application
   SET client_id = :client_id, display_name = :display_name,
       updated_at_s = max(:now_s, updated_at_s + 1), grant_types = :grant_types,
       redirect_uris = :redirect_uris,
       token_endpoint_auth_method = :token_endpoint_auth_method,
       client_secret_sha256 = :client_secret_sha256, jwks = :jwks,
       registration_token_sha256 = :registration_token_sha256,
       document_expires_at_s = :document_expires_at_s
 WHERE id = :id AND origin <> 'made'

-- name: client_delete
DELETE FROM application WHERE id = :id AND origin <> 'made'

-- name: client_count
SELECT count(*) FROM application WHERE origin <> 'made'

-- name: client_used
UPDATE application SET used_at_s = :now_s
 WHERE id = :id AND origin <> 'made' AND (used_at_s IS NULL OR used_at_s < :stale_s)

-- name: client_set_secret
UPDATE application SET client_secret_sha256 = :client_secret_sha256
 WHERE owner = :owner AND name = :name

-- fragment: application_columns
owner, name, organization, display_name, description, created_at_s, updated_at_s, client_id,
scopes, grant_types, redirect_uris, expire_in_hours, token_endpoint_auth_method, consent_policy,
jwks, disable_signin, ip_whitelist, client_secret_sha256, scope, properties

-- name: application_get
SELECT {application_columns} FROM application WHERE owner = :owner AND name = :name

-- name: application_list
SELECT {application_columns} FROM {homes} CROSS JOIN application
 WHERE {page}
   AND (:organization IS NULL OR organization = :organization) {page_order}

-- name: application_changed
SELECT {application_columns} FROM {homes} CROSS JOIN application
 WHERE {changed_page}
   AND (:organization IS NULL OR organization = :organization) {changed_order}

-- name: application_insert
INSERT INTO application
  (owner, name, organization, display_name, description, created_at_s, updated_at_s, client_id,
   scopes, grant_types, redirect_uris, expire_in_hours, token_endpoint_auth_method, consent_policy,
   jwks, disable_signin, ip_whitelist, client_secret_sha256, scope, properties)
VALUES
  (:owner, :name, :organization, :display_name, :description, :created_at_s, :updated_at_s,
   :client_id, :scopes, :grant_types, :redirect_uris, :expire_in_hours,
   :token_endpoint_auth_method, :consent_policy, :jwks, :disable_signin, :ip_whitelist,
   :client_secret_sha256, :scope, :properties)

-- name: application_update
UPDATE application
   SET owner = :owner, name = :name, organization = :organization, display_name = :display_name,
       description = :description, created_at_s = :created_at_s, updated_at_s = :updated_at_s,
       client_id = :client_id, scopes = :scopes, grant_types = :grant_types,
       redirect_uris = :redirect_uris, expire_in_hours = :expire_in_hours,
       token_endpoint_auth_method = :token_endpoint_auth_method, consent_policy = :consent_policy,
       jwks = :jwks, disable_signin = :disable_signin, ip_whitelist = :ip_whitelist,
       client_secret_sha256 = :client_secret_sha256, scope = :scope, properties = :properties
 WHERE owner = :key_owner AND name = :key_name

-- name: application_delete
DELETE FROM application WHERE owner = :key_owner AND name = :key_name

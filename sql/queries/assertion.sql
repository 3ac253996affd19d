-- name: assertion_insert
INSERT INTO client_assertion (application_id, jti, expires_at_s)
VALUES (:application_id, :jti, :expires_at_s)

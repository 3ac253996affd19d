-- name: signing_key_list
SELECT kid, alg, private_pem, public_pem, jwk, created_at_s, retired_at_s FROM signing_key
 ORDER BY created_at_s, kid

-- name: signing_key_insert
INSERT INTO signing_key (kid, alg, private_pem, public_pem, jwk, created_at_s, retired_at_s)
VALUES (:kid, :alg, :private_pem, :public_pem, :jwk, :created_at_s, NULL)

-- name: signing_key_retire_others
UPDATE signing_key SET retired_at_s = :retired_at_s
 WHERE retired_at_s IS NULL AND kid <> :kid

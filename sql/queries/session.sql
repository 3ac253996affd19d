-- name: session_insert
INSERT INTO session (id_sha256, user_id, signed_in_at_s, seen_at_s, expires_at_s)
VALUES (:id_sha256, :user_id, :now_s, :now_s, :expires_at_s)

-- name: session_get
SELECT user_id, signed_in_at_s, seen_at_s FROM session
 WHERE id_sha256 = :id_sha256 AND expires_at_s > :now_s AND seen_at_s > :idle_since_s

-- name: session_touch
UPDATE session SET seen_at_s = :now_s WHERE id_sha256 = :id_sha256

-- name: session_delete
DELETE FROM session WHERE id_sha256 = :id_sha256

-- name: session_delete_of_user
DELETE FROM session WHERE user_id = :user_id

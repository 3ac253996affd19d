-- For the client that was looked at: an id may have become another's meanwhile.
-- name: device_insert
INSERT INTO device_code
  (device_sha256, user_code, application_id, scope, expires_at_s, polled_at_s, interval_s, decision,
   user_id, signed_in_at_s)
SELECT :device_sha256, :user_code, id, :scope, :expires_at_s, NULL, :interval_s, NULL, NULL, NULL
  FROM application WHERE id = :application_id AND client_id = :client_id

-- name: device_get
SELECT device_sha256, device_code.user_code, application.client_id, device_code.application_id,
       device_code.scope, device_code.expires_at_s, device_code.polled_at_s,
       device_code.interval_s, device_code.decision, device_code.user_id,
       device_code.signed_in_at_s
  FROM device_code JOIN application ON application.id = device_code.application_id
 WHERE device_sha256 = :device_sha256 OR user_code = :user_code

-- name: device_poll
UPDATE device_code SET polled_at_s = :now_s, interval_s = :interval_s
 WHERE device_sha256 = :device_sha256

-- name: device_decide
UPDATE device_code
   SET decision = :decision, scope = :scope, user_id = :user_id, signed_in_at_s = :signed_in_at_s
 WHERE device_sha256 = :device_sha256 AND decision IS NULL AND expires_at_s > :now_s

-- name: device_spend
DELETE FROM device_code WHERE device_sha256 = :device_sha256 AND decision = 'allowed'

-- name: device_delete_of
DELETE FROM device_code WHERE user_id = :user_id AND application_id = :application_id

-- name: device_delete_of_user
DELETE FROM device_code WHERE user_id = :user_id

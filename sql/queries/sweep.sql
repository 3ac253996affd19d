-- What has expired goes, row by row, within changes that are made anyway.  One key and not a list of
-- them: for a list SQLite would make a table of its own, which costs more than all else of a change that
-- finds nothing expired.

-- name: sweep_session
DELETE FROM session WHERE id_sha256 =
  (SELECT id_sha256 FROM session WHERE expires_at_s < :before_s ORDER BY expires_at_s LIMIT 1)

-- name: sweep_code
DELETE FROM authorization_code WHERE code_sha256 =
  (SELECT code_sha256 FROM authorization_code WHERE expires_at_s < :before_s
    ORDER BY expires_at_s LIMIT 1)

-- name: sweep_refresh
DELETE FROM refresh_token WHERE token_sha256 =
  (SELECT token_sha256 FROM refresh_token WHERE expires_at_s < :before_s
    ORDER BY expires_at_s LIMIT 1)

-- name: sweep_device
DELETE FROM device_code WHERE device_sha256 =
  (SELECT device_sha256 FROM device_code WHERE expires_at_s < :before_s
    ORDER BY expires_at_s LIMIT 1)

-- name: sweep_token
DELETE FROM token WHERE jti =
  (SELECT jti FROM token WHERE expires_at_s < :before_s ORDER BY expires_at_s LIMIT 1)

-- name: sweep_assertion
DELETE FROM client_assertion WHERE (application_id, jti) =
  (SELECT application_id, jti FROM client_assertion WHERE expires_at_s < :before_s
    ORDER BY expires_at_s LIMIT 1)

-- name: sweep_throttle
DELETE FROM throttle WHERE key =
  (SELECT key FROM throttle WHERE last_at_s < :before_s ORDER BY last_at_s LIMIT 1)

-- A client that no administrator made and nobody uses.  :unused_s moves the date of those never used.
-- name: sweep_client
SELECT id, owner, client_id FROM application
 WHERE origin <> 'made' AND coalesce(used_at_s, created_at_s + :unused_s) < :before_s LIMIT 1

-- name: sweep_audit
DELETE FROM audit WHERE id =
  (SELECT id FROM audit WHERE at_s < :before_s - 86400 * coalesce(
     (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'audit_retention_days'), 365)
    ORDER BY at_s LIMIT 1)

-- name: sweep_rate
DELETE FROM rate WHERE key =
  (SELECT key FROM rate WHERE window_s < :before_s ORDER BY window_s LIMIT 1)

-- A retired key goes when no token is left that it may have signed, by a clock a minute behind.  Those
-- are found by when they were issued, owner by owner: of other tokens there may be very many.
-- name: sweep_signing_key
DELETE FROM signing_key WHERE kid =
  (SELECT kid FROM signing_key
    WHERE retired_at_s < :before_s
      AND NOT EXISTS (WITH RECURSIVE home (name) AS (
                        SELECT min(owner) FROM token
                        UNION ALL
                        SELECT (SELECT min(owner) FROM token WHERE owner > home.name)
                          FROM home WHERE home.name IS NOT NULL)
                      SELECT 1 FROM home CROSS JOIN token ON token.owner = home.name
                       WHERE issued_at_s <= retired_at_s + 60 AND expires_at_s >= :before_s)
    ORDER BY retired_at_s LIMIT 1)

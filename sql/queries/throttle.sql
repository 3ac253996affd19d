-- Those of a key, and of its parts: the key, ' #', and what tells them apart.
-- name: throttle_get
SELECT coalesce(sum(failures), 0), coalesce(max(last_at_s), 0) FROM throttle
 WHERE (key = :key OR (key >= :key || ' #' AND key < :key || ' $'))
   AND last_at_s BETWEEN :since_s AND :until_s

-- name: throttle_add
INSERT INTO throttle (key, failures, last_at_s) VALUES (:key, 1, :now_s)
    ON CONFLICT (key) DO UPDATE
   SET failures = CASE WHEN last_at_s < :forgotten_s THEN 1 ELSE failures + 1 END,
       last_at_s = :now_s

-- name: throttle_forget
DELETE FROM throttle WHERE key = :key

-- name: rate_add
INSERT INTO rate (key, window_s, requests) VALUES (:key, :window_s, 1)
    ON CONFLICT (key) DO UPDATE
   SET requests = CASE WHEN window_s = :window_s THEN requests + 1 ELSE 1 END, window_s = :window_s
RETURNING requests

-- name: audit_insert
INSERT INTO audit
  (at_s, client_id, user, organization, tool, target, outcome, request_id, address, traceparent,
   before_json, after_json)
VALUES
  (:at_s, :client_id, :user, :organization, :tool, :target, :outcome, :request_id, :address,
   :traceparent, :before_json, :after_json)

-- The newest first; :before_id 0 begins there.
-- name: audit_list
SELECT id, at_s, client_id, user, organization, tool, target, outcome, request_id, address,
       traceparent, before_json, after_json
  FROM audit
 WHERE (:before_id = 0 OR id < :before_id) AND id > :after_id AND at_s >= :since_s
   AND (:organization IS NULL OR organization = :organization)
   AND (:tool IS NULL OR tool = :tool) AND (:target IS NULL OR target = :target)
   AND (:client_id IS NULL OR client_id = :client_id)
 ORDER BY id DESC LIMIT :limit

-- name: audit_insert
INSERT INTO audit
  (at_s, client_id, user, organization, tool, target, outcome, request_id, address, traceparent)
VALUES
  (:at_s, :client_id, :user, :organization, :tool, :target, :outcome, :request_id, :address,
   :traceparent)

-- name: audit_insert
INSERT INTO audit
  (at_s, client_id, user, organization, tool, target, outcome, request_id, address, traceparent,
   before_json, after_json)
VALUES
  (:at_s, :client_id, :user, :organization, :tool, :target, :outcome, :request_id, :address,
   :traceparent, :before_json, :after_json)

-- fragment: audit_columns
id, at_s, client_id, user, organization, tool, target, outcome, request_id, address, traceparent,
before_json, after_json

-- The newest first; :before_id 0 begins there.  The clock goes forward as the ids do: no row before
-- the first one of a time is of that time.
-- fragment: audit_rows
id < iif(:before_id = 0, 9223372036854775807, :before_id) AND id > :after_id AND at_s >= :since_s
AND id >= coalesce((SELECT first.id FROM audit AS first
  WHERE first.at_s >= :since_s ORDER BY first.at_s, first.id LIMIT 1), 9223372036854775807)
AND {audit_filters}
ORDER BY id DESC LIMIT :limit

-- fragment: audit_filters
(:organization IS NULL OR organization = :organization)
AND (:tool IS NULL OR tool = :tool) AND (:target IS NULL OR target = :target)
AND (:client_id IS NULL OR client_id = :client_id)

-- name: audit_list
SELECT {audit_columns} FROM audit WHERE {audit_rows}

-- The same, for filters that have an index; tokens are most of the trail and have none by the tool.
-- name: audit_of_target
SELECT {audit_columns} FROM audit INDEXED BY audit_target WHERE target = :target AND {audit_rows}

-- name: audit_of_client
SELECT {audit_columns} FROM audit INDEXED BY audit_client WHERE client_id = :client_id AND {audit_rows}

-- name: audit_of_tool
SELECT {audit_columns} FROM audit INDEXED BY audit_tool
 WHERE tool = :tool AND tool <> 'token' AND {audit_rows}

-- name: audit_of_organization
SELECT {audit_columns} FROM audit INDEXED BY audit_organization
 WHERE organization = :organization AND {audit_rows}

-- What came after a row, the oldest first.
-- name: audit_after
SELECT {audit_columns} FROM audit
 WHERE id > :after_id AND at_s >= :since_s AND {audit_filters} ORDER BY id LIMIT :limit

-- The newest row by which an organisation gave its name up: rows before it are of that one.
-- name: audit_given_up
SELECT coalesce(max(id), 0) FROM audit INDEXED BY audit_target
 WHERE target = 'admin/' || :organization AND outcome = 'ok'
   AND (tool = 'delete_organization'
        OR tool = 'update_organization' AND after_json ->> 'name' <> :organization)

-- name: audit_newest
SELECT coalesce(max(id), 0) FROM audit

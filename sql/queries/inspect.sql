-- name: inspect_newest
SELECT what, at_s FROM (
  SELECT 'signing key' AS what, max(created_at_s) AS at_s FROM signing_key
  UNION ALL SELECT 'row of the audit trail', max(at_s) FROM audit
  UNION ALL SELECT 'token', max(issued_at_s) FROM token)
 ORDER BY at_s DESC LIMIT 1

-- name: inspect_setting
SELECT count(*) FROM setting WHERE name = :name

-- fragment: organization_columns
owner, name, display_name, created_at_s, updated_at_s, disable_signin, application_quota,
user_quota, properties

-- name: organization_get
SELECT {organization_columns} FROM organization WHERE owner = :owner AND name = :name

-- name: organization_list
SELECT {organization_columns} FROM organization
 WHERE (owner, name) > (:after_owner, :after_name) AND updated_at_s >= :since_s
   AND name >= :name_prefix AND name < :name_prefix || char(127)
 ORDER BY owner, name LIMIT :limit

-- An organisation is its own: there is one row at most.
-- name: organization_list_of_owner
SELECT {organization_columns} FROM organization
 WHERE name = :owner AND name > :after_name AND updated_at_s >= :since_s
   AND name >= :name_prefix AND name < :name_prefix || char(127)
 LIMIT :limit

-- name: organization_insert
INSERT INTO organization
  (owner, name, display_name, created_at_s, updated_at_s, disable_signin, application_quota,
   user_quota, properties)
VALUES
  (:owner, :name, :display_name, :created_at_s, :updated_at_s, :disable_signin,
   :application_quota, :user_quota, :properties)

-- name: organization_update
UPDATE organization
   SET owner = :owner, name = :name, display_name = :display_name, created_at_s = :created_at_s,
       updated_at_s = :updated_at_s, disable_signin = :disable_signin,
       application_quota = :application_quota, user_quota = :user_quota, properties = :properties
 WHERE owner = :key_owner AND name = :key_name

-- name: organization_delete
DELETE FROM organization WHERE owner = :key_owner AND name = :key_name

-- name: organization_dependents
SELECT 'user ' || owner || '/' || name FROM user WHERE owner = :name AND :owner IS NOT NULL
UNION ALL
SELECT 'application ' || owner || '/' || name FROM application
 WHERE owner = :name OR organization = :name
UNION ALL
SELECT 'role ' || owner || '/' || name FROM role WHERE owner = :name
UNION ALL
SELECT 'permission ' || owner || '/' || name FROM permission WHERE owner = :name
 LIMIT 21

-- name: organization_clear_permissions
DELETE FROM permission WHERE owner = :name

-- name: organization_clear_roles
DELETE FROM role WHERE owner = :name

-- name: organization_clear_users
DELETE FROM user WHERE owner = :name

-- name: organization_clear_applications
DELETE FROM application WHERE owner = :name OR organization = :name

-- name: organization_counts
SELECT (SELECT count(*) FROM application WHERE owner = :name), application_quota,
       (SELECT count(*) FROM user WHERE owner = :name), user_quota
  FROM organization WHERE name = :name

-- name: organization_find
SELECT name, display_name, created_at_s FROM organization WHERE name = :name

-- name: organization_names
SELECT name, display_name, created_at_s FROM organization WHERE name > :after_name
 ORDER BY name LIMIT :limit

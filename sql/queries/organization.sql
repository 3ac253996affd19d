-- fragment: organization_columns
owner, name, display_name, created_at_s, updated_at_s, disable_signin, application_quota,
user_quota, properties

-- name: organization_get
SELECT {organization_columns} FROM organization WHERE owner = :owner AND name = :name

-- An organisation is its own; the owner of the rows is the same for all.
-- name: organization_list
SELECT {organization_columns} FROM organization
 WHERE name >= max(:after_name, :name_prefix, coalesce(:owner, '')) AND +name > :after_name
   AND name < :name_prefix || char(127) AND name <= coalesce(:owner, char(127))
   AND :after_owner IS NOT NULL
 ORDER BY name LIMIT :limit

-- name: organization_changed
SELECT {organization_columns} FROM organization
 WHERE name = :owner AND (updated_at_s, name) > ({organization_after})
   AND name >= :name_prefix AND name < :name_prefix || char(127) AND :after_owner IS NOT NULL
UNION ALL
SELECT {organization_columns} FROM organization
 WHERE :owner IS NULL AND (updated_at_s, name) > ({organization_after})
   AND +name >= :name_prefix AND +name < :name_prefix || char(127)
 ORDER BY updated_at_s, name LIMIT :limit

-- fragment: organization_after
max(:since_s, :after_s), iif(:after_s >= :since_s, :after_name, '')

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

-- What refers comes before what it refers to.
-- name: organization_dependents
SELECT 'permission', owner || '/' || name FROM permission WHERE owner = :name AND :owner IS NOT NULL
UNION ALL
SELECT 'role', owner || '/' || name FROM role WHERE owner = :name
UNION ALL
SELECT 'user', owner || '/' || name FROM user WHERE owner = :name
UNION ALL
SELECT 'application', owner || '/' || name FROM application
 WHERE owner = :name OR organization = :name
 LIMIT :limit

-- Counted no further than to know whether there is one too many.
-- name: organization_counts
SELECT (SELECT count(*) FROM (SELECT 1 FROM application WHERE owner = :name LIMIT
          (SELECT application_quota + 1 FROM organization WHERE name = :name))), application_quota,
       (SELECT count(*) FROM (SELECT 1 FROM user WHERE owner = :name LIMIT
          (SELECT user_quota + 1 FROM organization WHERE name = :name))), user_quota
  FROM organization WHERE name = :name

-- name: organization_find
SELECT name, display_name, created_at_s FROM organization WHERE name = :name

-- name: organization_names
SELECT name, display_name, created_at_s FROM organization WHERE name > :after_name
 ORDER BY name LIMIT :limit

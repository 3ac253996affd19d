-- name: organization_insert
INSERT INTO organization (name, display_name, created_at_s, updated_at_s)
VALUES (:name, :display_name, :created_at_s, :created_at_s)

-- name: organization_get
SELECT name, display_name, created_at_s FROM organization WHERE name = :name

-- name: organization_list
SELECT name, display_name, created_at_s FROM organization WHERE name > :after_name
 ORDER BY name LIMIT :limit

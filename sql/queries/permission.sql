-- fragment: permission_columns
permission.owner, permission.name, permission.display_name, permission.description,
permission.created_at_s, permission.updated_at_s,
(SELECT json_group_array(id) FROM (SELECT user.owner || '/' || user.name AS id
   FROM permission_user JOIN user ON user.id = permission_user.user_id
  WHERE permission_user.permission_id = permission.id ORDER BY 1)) AS users,
(SELECT json_group_array(id) FROM (SELECT role.owner || '/' || role.name AS id
   FROM permission_role JOIN role ON role.id = permission_role.role_id
  WHERE permission_role.permission_id = permission.id ORDER BY 1)) AS roles,
permission.scopes, permission.effect, permission.is_enabled, permission.scope,
permission.properties

-- name: permission_get
SELECT {permission_columns} FROM permission WHERE owner = :owner AND name = :name

-- name: permission_list
SELECT {permission_columns} FROM {homes} CROSS JOIN permission
 WHERE {page} {page_order}

-- name: permission_changed
SELECT {permission_columns} FROM {homes} CROSS JOIN permission
 WHERE {changed_page} {changed_order}

-- name: permission_insert
INSERT INTO permission
  (owner, name, display_name, description, scopes, scope, effect, is_enabled, created_at_s,
   updated_at_s, properties)
VALUES
  (:owner, :name, :display_name, :description, :scopes, :scope, :effect, :is_enabled,
   :created_at_s, :updated_at_s, :properties)

-- name: permission_update
UPDATE permission
   SET owner = :owner, name = :name, display_name = :display_name, description = :description,
       scopes = :scopes, scope = :scope, effect = :effect, is_enabled = :is_enabled,
       created_at_s = :created_at_s, updated_at_s = :updated_at_s, properties = :properties
 WHERE owner = :key_owner AND name = :key_name

-- name: permission_delete
DELETE FROM permission WHERE owner = :key_owner AND name = :key_name

-- name: permission_clear_users
DELETE FROM permission_user
 WHERE permission_id = (SELECT id FROM permission WHERE owner = :owner AND name = :name)

-- name: permission_link_users
INSERT INTO permission_user (permission_id, user_id)
SELECT permission.id, user.id
  FROM json_each(:ids)
  CROSS JOIN user ON user.owner = :owner AND user.name = substr(json_each.value, length(:owner) + 2)
  JOIN permission ON permission.owner = :owner AND permission.name = :name
 WHERE user.owner || '/' || user.name = json_each.value

-- name: permission_clear_roles
DELETE FROM permission_role
 WHERE permission_id = (SELECT id FROM permission WHERE owner = :owner AND name = :name)

-- name: permission_link_roles
INSERT INTO permission_role (permission_id, role_id)
SELECT permission.id, role.id
  FROM json_each(:ids)
  CROSS JOIN role ON role.owner = :owner AND role.name = substr(json_each.value, length(:owner) + 2)
  JOIN permission ON permission.owner = :owner AND permission.name = :name
 WHERE role.owner || '/' || role.name = json_each.value

-- All that is said of a user, directly and through roles that are enabled.
-- name: permission_of_user
WITH RECURSIVE mine (id) AS (
  SELECT role.id FROM role_user JOIN role ON role.id = role_user.role_id
   WHERE role_user.user_id = :user_id AND role.is_enabled = 1
  UNION
  SELECT role.id FROM mine JOIN role_role ON role_role.member_id = mine.id
    JOIN role ON role.id = role_role.role_id WHERE role.is_enabled = 1)
SELECT effect, scope FROM permission
 WHERE is_enabled = 1
   AND (id IN (SELECT permission_id FROM permission_user WHERE user_id = :user_id)
        OR id IN (SELECT permission_id FROM permission_role
                   WHERE role_id IN (SELECT id FROM mine)))

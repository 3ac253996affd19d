-- fragment: role_columns
role.owner, role.name, role.display_name, role.description, role.created_at_s, role.updated_at_s,
(SELECT json_group_array(id) FROM (SELECT user.owner || '/' || user.name AS id
   FROM role_user JOIN user ON user.id = role_user.user_id
  WHERE role_user.role_id = role.id ORDER BY 1)) AS users,
(SELECT json_group_array(id) FROM (SELECT member.owner || '/' || member.name AS id
   FROM role_role JOIN role AS member ON member.id = role_role.member_id
  WHERE role_role.role_id = role.id ORDER BY 1)) AS roles,
role.is_enabled, role.properties

-- name: role_get
SELECT {role_columns} FROM role WHERE owner = :owner AND name = :name

-- name: role_list
SELECT {role_columns} FROM {homes} CROSS JOIN role
 WHERE {page} {page_order}

-- name: role_changed
SELECT {role_columns} FROM {homes} CROSS JOIN role
 WHERE {changed_page} {changed_order}

-- name: role_insert
INSERT INTO role
  (owner, name, display_name, description, is_enabled, created_at_s, updated_at_s, properties)
VALUES
  (:owner, :name, :display_name, :description, :is_enabled, :created_at_s, :updated_at_s,
   :properties)

-- name: role_update
UPDATE role
   SET owner = :owner, name = :name, display_name = :display_name, description = :description,
       is_enabled = :is_enabled, created_at_s = :created_at_s, updated_at_s = :updated_at_s,
       properties = :properties
 WHERE owner = :key_owner AND name = :key_name

-- name: role_delete
DELETE FROM role WHERE owner = :key_owner AND name = :key_name

-- name: role_clear_users
DELETE FROM role_user
 WHERE role_id = (SELECT id FROM role WHERE owner = :owner AND name = :name)

-- name: role_link_users
INSERT INTO role_user (role_id, user_id)
SELECT role.id, user.id
  FROM json_each(:ids)
  CROSS JOIN user ON user.owner = :owner AND user.name = substr(json_each.value, length(:owner) + 2)
  JOIN role ON role.owner = :owner AND role.name = :name
 WHERE user.owner || '/' || user.name = json_each.value

-- name: role_clear_roles
DELETE FROM role_role
 WHERE role_id = (SELECT id FROM role WHERE owner = :owner AND name = :name)

-- name: role_link_roles
INSERT INTO role_role (role_id, member_id)
SELECT role.id, member.id
  FROM json_each(:ids)
  CROSS JOIN role AS member ON member.owner = :owner
   AND member.name = substr(json_each.value, length(:owner) + 2)
  JOIN role ON role.owner = :owner AND role.name = :name
 WHERE member.owner || '/' || member.name = json_each.value

-- name: role_dependents
SELECT 'role', holder.owner || '/' || holder.name
  FROM role JOIN role_role ON role_role.member_id = role.id
  JOIN role AS holder ON holder.id = role_role.role_id
 WHERE role.owner = :owner AND role.name = :name
UNION ALL
SELECT 'permission', permission.owner || '/' || permission.name
  FROM role JOIN permission_role ON permission_role.role_id = role.id
  JOIN permission ON permission.id = permission_role.permission_id
 WHERE role.owner = :owner AND role.name = :name
 LIMIT :limit

-- name: role_is_cyclic
WITH RECURSIVE below (id) AS (
  SELECT role_role.member_id FROM role JOIN role_role ON role_role.role_id = role.id
   WHERE role.owner = :owner AND role.name = :name
  UNION
  SELECT role_role.member_id FROM below JOIN role_role ON role_role.role_id = below.id)
SELECT 1 FROM below JOIN role ON role.id = below.id WHERE role.owner = :owner AND role.name = :name

-- What everybody in the role has through it and through the roles that it is in.
-- name: role_scopes
WITH RECURSIVE above (id) AS (
  SELECT id FROM role WHERE owner = :owner AND name = :name
  UNION
  SELECT role_role.role_id FROM above JOIN role_role ON role_role.member_id = above.id)
SELECT permission.scope FROM above JOIN permission_role ON permission_role.role_id = above.id
  JOIN permission ON permission.id = permission_role.permission_id

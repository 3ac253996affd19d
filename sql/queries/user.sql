-- What sign-in needs of a person; who is of an organisation that is switched off is forbidden too.
-- fragment: person_columns
id, subject, owner, name, display_name, email, password_hash, scope,
is_forbidden OR (SELECT disable_signin FROM organization WHERE organization.name = user.owner),
created_at_s, is_admin

-- name: person_get
SELECT {person_columns} FROM user WHERE owner = :owner AND name = :name

-- name: person_by_id
SELECT {person_columns} FROM user WHERE id = :id

-- name: person_by_email
SELECT {person_columns} FROM user WHERE lower(email) = lower(:email) AND email <> ''

-- A name alone is good where only one organisation has it; two rows are enough to know.
-- name: person_by_name
SELECT {person_columns} FROM user WHERE name = :name LIMIT 2

-- name: user_set_password
UPDATE user SET password_hash = :password_hash WHERE id = :id

-- The columns stand in the order of the fields in lib/store/user_entity.c.
-- fragment: user_columns
owner, name, subject, display_name, email, phone, created_at_s, updated_at_s, password_hash,
is_admin, is_forbidden, scopes, scope, properties

-- name: user_get
SELECT {user_columns} FROM user WHERE owner = :owner AND name = :name

-- name: user_find_id
SELECT owner || '/' || name FROM user
 WHERE lower(email) = lower(:email) AND email <> '' AND +owner = :owner
UNION ALL
SELECT owner || '/' || name FROM user WHERE owner = :owner AND phone = :phone AND phone <> ''
 LIMIT 2

-- name: user_list
SELECT {user_columns} FROM {homes} CROSS JOIN user
 WHERE {page} {page_order}

-- name: user_changed
SELECT {user_columns} FROM {homes} CROSS JOIN user
 WHERE {changed_page} {changed_order}

-- name: user_insert
INSERT INTO user
  (owner, name, subject, display_name, email, phone, created_at_s, updated_at_s, password_hash,
   is_admin, is_forbidden, scopes, scope, properties)
VALUES
  (:owner, :name, :subject, :display_name, :email, :phone, :created_at_s, :updated_at_s,
   :password_hash, :is_admin, :is_forbidden, :scopes, :scope, :properties)

-- name: user_update
UPDATE user
   SET owner = :owner, name = :name, subject = :subject, display_name = :display_name,
       email = :email, phone = :phone, created_at_s = :created_at_s, updated_at_s = :updated_at_s,
       password_hash = :password_hash, is_admin = :is_admin, is_forbidden = :is_forbidden,
       scopes = :scopes, scope = :scope, properties = :properties
 WHERE owner = :key_owner AND name = :key_name

-- name: user_delete
DELETE FROM user WHERE owner = :key_owner AND name = :key_name

-- name: user_dependents
SELECT 'role', role.owner || '/' || role.name
  FROM user JOIN role_user ON role_user.user_id = user.id JOIN role ON role.id = role_user.role_id
 WHERE user.owner = :owner AND user.name = :name
UNION ALL
SELECT 'permission', permission.owner || '/' || permission.name
  FROM user JOIN permission_user ON permission_user.user_id = user.id
  JOIN permission ON permission.id = permission_user.permission_id
 WHERE user.owner = :owner AND user.name = :name
 LIMIT :limit

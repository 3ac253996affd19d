-- fragment: user_columns
id, subject, owner, name, display_name, email, password_hash, scope, is_forbidden, created_at_s

-- name: user_insert
INSERT INTO user
  (subject, owner, name, display_name, email, password_hash, scope, is_forbidden, created_at_s,
   updated_at_s)
VALUES (:subject, :owner, :name, :display_name, :email, :password_hash, :scope, 0, :now_s, :now_s)

-- name: user_get
SELECT {user_columns} FROM user WHERE owner = :owner AND name = :name

-- name: user_by_id
SELECT {user_columns} FROM user WHERE id = :id

-- name: user_by_email
SELECT {user_columns} FROM user WHERE lower(email) = lower(:email) AND email <> ''

-- A name alone is good where only one organisation has it; two rows are enough to know.
-- name: user_by_name
SELECT {user_columns} FROM user WHERE name = :name LIMIT 2

-- name: user_list
SELECT {user_columns} FROM user
 WHERE :owner IS NULL OR owner = :owner ORDER BY owner, name

-- name: user_set_password
UPDATE user SET password_hash = :password_hash, updated_at_s = :now_s
 WHERE id = :id

-- name: user_set_forbidden
UPDATE user SET is_forbidden = :is_forbidden, updated_at_s = :now_s
 WHERE id = :id

-- name: begin
BEGIN IMMEDIATE

-- name: commit
COMMIT

-- name: rollback
ROLLBACK

-- name: data_version
PRAGMA data_version

-- name: schema
PRAGMA user_version

-- A transaction within another.
-- name: savepoint
SAVEPOINT inner_change

-- name: release
RELEASE inner_change

-- name: rollback_to
ROLLBACK TO inner_change

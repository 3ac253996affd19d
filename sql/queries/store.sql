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

-- name: backup
VACUUM main INTO :path

-- name: integrity
PRAGMA integrity_check(1)

-- name: foreign_keys
PRAGMA foreign_key_check

-- A transaction within another.
-- name: savepoint
SAVEPOINT inner_change

-- name: release
RELEASE inner_change

-- name: rollback_to
ROLLBACK TO inner_change

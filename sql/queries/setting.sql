-- name: setting_list
SELECT name, value FROM setting

-- name: setting_revision
SELECT revision FROM configuration WHERE id = 1

-- name: setting_set
INSERT INTO setting (name, value, updated_at_s) VALUES (:name, :value, :updated_at_s)
    ON CONFLICT (name) DO UPDATE SET value = :value, updated_at_s = :updated_at_s

-- Pages of rows, the same for every kind: by organisation and then by name, or, where only what was
-- changed since some time counts, by organisation and then by the time.  A page costs what its rows
-- cost, however many others there are: each begins at a place in an index.

-- The organisations from which rows come; :owner NULL: all.  The names are ASCII, so all sort before
-- U+007F, and all that begin with a prefix before the prefix and U+007F.
-- fragment: homes
(SELECT name AS home FROM organization
 WHERE name BETWEEN coalesce(:owner, :after_owner) AND coalesce(:owner, char(127)))

-- fragment: page
owner = home AND name < :name_prefix || char(127)
AND name >= CASE home WHEN :after_owner THEN max(:after_name, :name_prefix) ELSE :name_prefix END
AND (home <> :after_owner OR +name > :after_name)

-- fragment: page_order
ORDER BY home, name LIMIT :limit

-- fragment: changed_page
owner = home AND name >= :name_prefix AND name < :name_prefix || char(127)
AND (updated_at_s, name) > (CASE home WHEN :after_owner THEN max(:after_s, :since_s) ELSE :since_s END,
  CASE WHEN home = :after_owner AND :after_s >= :since_s THEN :after_name ELSE '' END)

-- fragment: changed_order
ORDER BY home, updated_at_s, name LIMIT :limit

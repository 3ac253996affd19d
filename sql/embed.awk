# Turn sql/migrations/*.sql and sql/queries/*.sql into C.  Run with -v part=header or -v part=source.
# A migration is a whole file, in the order of the names.  A queries file holds blocks, each under a
# line "-- name: x" (a statement, CM_STMT_X) or "-- fragment: x" (text for {x} in later statements).

function quoted(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return "    \"" line "\\n\"\n"
}

# A line with the text of fragments, which may stand in any file.
function expanded(line, where,    start, end, key) {
	while ((start = index(line, "{")) > 0) {
		end = index(line, "}")
		key = substr(line, start + 1, end - start - 1)
		if (!(key in fragment)) {
			print where ": no fragment " key > "/dev/stderr"
			failed = 1
			return line
		}
		line = substr(line, 1, start - 1) fragment[key] substr(line, end + 1)
	}
	return line
}

FILENAME ~ /migrations\// {
	if (FNR == 1)
		migrations++
	migration[migrations] = migration[migrations] quoted($0)
	next
}
/^-- name: / {
	statements++
	name[statements] = $3
	kind = "name"
	next
}
/^-- fragment: / {
	kind = "fragment"
	key = $3
	next
}
FNR == 1 { kind = "" }
/^--/ || /^$/ || kind == "" { next }
kind == "fragment" { fragment[key] = fragment[key] (fragment[key] == "" ? "" : " ") $0 }
kind == "name" {
	lines[statements]++
	line[statements, lines[statements]] = $0
	place[statements, lines[statements]] = FILENAME ":" FNR
}

END {
	for (i = 1; i <= statements; i++) {
		for (n = 1; n <= lines[i]; n++)
			text[i] = text[i] quoted(expanded(line[i, n], place[i, n]))
	}
	if (failed)
		exit 1
	if (part == "header") {
		print "/* Made by sql/embed.awk; edit the files under sql/. */"
		print "#ifndef CM_SQL_H\n#define CM_SQL_H\n"
		print "enum cm_stmt {\n\tCM_STMT_NONE,"
		for (i = 1; i <= statements; i++)
			print "\tCM_STMT_" toupper(name[i]) ","
		print "\tCM_STMT_COUNT\n};\n"
		print "enum { CM_SQL_MIGRATIONS = " migrations " };\n"
		print "extern const char *const cm_sql_statement[CM_STMT_COUNT];"
		print "extern const char *const cm_sql_migration[CM_SQL_MIGRATIONS];\n"
		print "#endif"
	} else {
		print "/* Made by sql/embed.awk; edit the files under sql/. */"
		print "#include \"sql.h\"\n"
		print "const char *const cm_sql_statement[CM_STMT_COUNT] = {"
		for (i = 1; i <= statements; i++)
			printf "    [CM_STMT_%s] =\n%s    ,\n", toupper(name[i]), text[i]
		print "};\n"
		print "const char *const cm_sql_migration[CM_SQL_MIGRATIONS] = {"
		for (i = 1; i <= migrations; i++)
			printf "%s    ,\n", migration[i]
		print "};"
	}
}

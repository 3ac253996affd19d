#!/bin/sh
# A layer of lib includes only itself and the layers below; a library's header has one home.

cd "$(dirname "$0")/../.." || exit 1
find lib fcgi -name '*.[ch]' | sort | xargs awk '
function broken(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text
	failed = 1
}
BEGIN {
	count = split("base store auth http oauth mcp tools doctor", names, " ")
	for (i = 1; i <= count; i++)
		rank[names[i]] = i
	# A header (or the start of its name) and the files that may include it.
	home["fcgi"] = "^fcgi/responder\\.c$"
	home["jwt.h"] = "^lib/auth/jwt\\.c$"
	home["sqlite3"] = "^lib/store/"
	home["json-c/"] = "^lib/base/"
	home["json.h"] = "^lib/base/"
	home["json_"] = "^lib/base/"
}
FNR == 1 {
	split(FILENAME, part, "/")
	mine = part[1] == "lib" && part[2] in rank ? rank[part[2]] : count + 1
	if (part[1] == "lib" && part[3] != "" && !(part[2] in rank))
		broken("lib/" part[2] " is no layer that this guard knows")
}
/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	header = $0
	sub(/^[^<"]*[<"]/, "", header)
	sub(/[>"].*$/, "", header)
	for (start in home)
		if (index(header, start) == 1 && FILENAME !~ home[start])
			broken("<" header "> is not for this file")
	if ($0 ~ /</)
		next
	if (header == "sql.h") {
		if (FILENAME !~ /^lib\/store\//)
			broken("sql.h is for lib/store")
	} else if (index(header, "/") == 0) {
		# Beside the program, or on top of the layers.
		if (mine <= count)
			broken("\"" header "\" names no layer")
	} else {
		split(header, step, "/")
		if (!(step[1] in rank))
			broken("\"" header "\" names no layer")
		else if (rank[step[1]] > mine)
			broken("lib/" part[2] " includes the higher layer " step[1])
	}
}
END { exit failed }'

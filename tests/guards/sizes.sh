#!/bin/sh
# A C file has 500 lines at most, a function 80.

cd "$(dirname "$0")/../.." || exit 1
# Files that are one table and little else, between spaces: they may be longer.
tables=' '
find lib fcgi tests/unit -name '*.[ch]' | sort | xargs awk -v tables="$tables" '
function broken(line, text) {
	printf "%s:%d: %s\n", FILENAME, line, text
	failed = 1
}
FNR == 1 { start = 0 }
# Linux braces: only a function body has its opening brace alone at the margin.
/^{/ { start = FNR }
/^}/ && start {
	if (FNR - start - 1 > 80)
		broken(start, "a function of " (FNR - start - 1) " lines")
	start = 0
}
FNR == 501 && index(tables, " " FILENAME " ") == 0 { broken(FNR, "a file of more than 500 lines") }
END { exit failed }'

#!/bin/sh
# Every test function is in its file's table, and every suite is in tests/unit/main.c.

cd "$(dirname "$0")/../.." || exit 1
if [ ! -f tests/unit/main.c ]; then
	echo 'tests/unit/main.c:1: missing'
	exit 1
fi
find tests/unit -name '*.c' | sort | xargs awk '
function broken(file, line, text) {
	printf "%s:%d: %s\n", file, line, text
	failed = 1
}
# The functions of a file that its remaining lines never named.
function finish(    test) {
	if (last ~ /\/test_[^\/]*\.c$/ && !suites)
		broken(last, 1, "no suite in a file of tests")
	suites = 0
	for (test in defined)
		if (!(test in named))
			broken(last, defined[test], test " is in no table")
	split("", defined)
	split("", named)
}
FNR == 1 {
	finish()
	last = FILENAME
}
/^\/\// || /^ \*/ { next }
/^static void test_[A-Za-z0-9_]*\(void\)$/ {
	test = $3
	sub(/\(.*/, "", test)
	if (test in defined)
		broken(FILENAME, FNR, test " is there twice")
	defined[test] = FNR
	tests++
	next
}
{
	rest = $0
	while (match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
		word = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		if (word ~ /^test_/)
			named[word] = 1
		else if (word ~ /^cm_suite_/ && FILENAME == "tests/unit/main.c")
			listed[word]++
		else if (word ~ /^cm_suite_/) {
			suite[word] = FILENAME ":" FNR
			suites++
		}
	}
}
END {
	finish()
	# Once declared and once in the list: a declaration alone runs nothing.
	for (name in suite)
		if (listed[name] < 2) {
			print suite[name] ": " name " is not in the list of tests/unit/main.c"
			failed = 1
		}
	if (!tests) {
		print "tests/unit/main.c:1: no test function found"
		failed = 1
	}
	exit failed
}'

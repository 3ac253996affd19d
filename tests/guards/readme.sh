#!/bin/sh
# Each `make target` and each `casement command` that README.md shows exists.
# Only code is read: fenced blocks and text between backticks.

cd "$(dirname "$0")/../.." || exit 1
program=${CASEMENT:-build/casement}
if [ ! -f README.md ]; then
	echo 'README.md:1: missing'
	exit 1
fi
if ! help=$("$program" help 2>&1); then
	echo "README.md:1: \"$program help\" does not work, so its commands cannot be looked up"
	exit 1
fi
# What every kind of row has is shown once there, and for each by its own help.
kinds=$(printf '%s\n' "$help" | sed -n 's/^KIND is one of \(.*\)\.$/\1/p' | tr -d ,)
{
	MAKEFLAGS='' make -s help | awk '{ print "target " $2 }'
	{ printf '%s\n' "$help"; for kind in $kinds; do "$program" "$kind" --help; done; } |
		awk '$1 == "casement" { print "command " $2 " " $3 }'
	awk '
	/^[ \t]*```/ { fenced = !fenced; next }
	fenced { print "code " FNR " " $0; next }
	{
		count = split($0, part, "`")
		for (i = 2; i <= count; i += 2)
			print "code " FNR " " part[i]
	}' README.md
} | awk '
function broken(text) {
	printf "README.md:%d: %s\n", line, text
	failed = 1
}
$1 == "target" { target[$2] = 1; next }
# "application add" and its like are two words; "init" is one.
$1 == "command" {
	command[$2] = 1
	if ($3 ~ /^[a-z][a-z-]*$/) {
		verbs[$2] = 1
		command[$2 " " $3] = 1
	}
	next
}
{
	line = $2
	for (i = 3; i <= NF; i++) {
		start = i == 3 || $(i - 1) ~ /^(\$|&&|;|sudo|#)$/ || $(i - 1) ~ /[;|(]$/ || $(i - 1) ~ /^[A-Z_]+=/
		if (start && $i == "make")
			for (j = i + 1; j <= NF && $j ~ /^[A-Za-z_.=\/:0-9-]+$/; j++) {
				if ($j ~ /=/ || $j ~ /^-/)
					continue
				if (!($j in target))
					broken("no target: make " $j)
			}
		if (start && $i ~ /(^|\/)casement$/ && $(i + 1) ~ /^[a-z][a-z-]*$/) {
			if (!($(i + 1) in command))
				broken("no command: casement " $(i + 1))
			else if (verbs[$(i + 1)] && $(i + 2) ~ /^[a-z]/ && !($(i + 1) " " $(i + 2) in command))
				broken("no command: casement " $(i + 1) " " $(i + 2))
		}
	}
}
END { exit failed }'

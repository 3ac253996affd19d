#!/bin/sh
# The manual pages have every command of `casement help` with its options, and every setting, and
# nothing that is not there.  groff understands them.

cd "$(dirname "$0")/../.." || exit 1
program=${CASEMENT:-build/casement}
commands=deploy/man/casement.1 settings=deploy/man/casement.conf.5
failed=0

# A line for each command: its words, and its options in order.
told() {
	sed -n 's/^\.It Cm //p' "$commands" | words
}
known() {
	"$program" help | sed -n 's/^  casement //p' | words
}
words() {
	awk '{
		name = $1 ($2 ~ /^[a-z]+(-[a-z]+)*$/ ? " " $2 : "")
		gsub(/Fl -/, "--")
		while (match($0, /--[a-z-]+/)) {
			name = name " " substr($0, RSTART, RLENGTH)
			$0 = substr($0, RSTART + RLENGTH)
		}
		print name
	}' | sort
}

difference() {
	comm "$1" "$work/told" "$work/known" | sed "s|^|$2: $3: |"
}
compare() {
	missing=$(difference -13 "$1:1" 'not in it, or with other options'
		difference -23 "$1:1" 'in it, but not so in the program')
	[ -z "$missing" ] || { printf '%s\n' "$missing"; failed=1; }
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
told >"$work/told" && known >"$work/known"
[ -s "$work/known" ] || { echo "$commands:1: no help to compare it with"; exit 1; }
compare "$commands"
sed -n '/^\.Sh SETTINGS/,/^\.Sh EXAMPLES/s/^\.It Sy //p' "$settings" | sort >"$work/told"
CASEMENT_DB=:memory: "$program" setting list --json | grep -oE '"[a-z0-9_]+":' | tr -d '":' | sort >"$work/known"
[ -s "$work/known" ] || { echo "$settings:1: no settings to compare it with"; exit 1; }
compare "$settings"
if command -v groff >/dev/null; then
	for page in deploy/man/*; do
		warnings=$(groff -mdoc -ww -Tascii -z "$page" 2>&1)
		[ -z "$warnings" ] || { printf '%s\n' "$warnings"; failed=1; }
	done
fi
exit "$failed"

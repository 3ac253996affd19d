#!/bin/sh
# What is published names no folder of one machine, holds no private key and no unexplained TODO.

cd "$(dirname "$0")/../.." || exit 1
files() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard
	else
		find . -type f ! -path './build/*' ! -path './var/*' ! -path './.git/*' | sed 's|^\./||'
	fi | grep -v '^tests/guards/paths\.sh$' | while IFS= read -r file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}
found=$(
	files | tr '\n' '\0' | xargs -0 grep -InE '(^|[^A-Za-z0-9_.:/-])/(work|root)/' /dev/null |
		sed 's/$/   <- a folder of one machine/'
	files | grep -v '^tests/' | tr '\n' '\0' | xargs -0 grep -In -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' /dev/null |
		sed 's/$/   <- a private key/'
	# "TODO: " and then why, in three words or more.
	files | tr '\n' '\0' | xargs -0 grep -InE '(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)' /dev/null |
		grep -vE 'TODO: [^ ]+ [^ ]+ [^ ]+' | sed 's/$/   <- a TODO without a reason/'
)
[ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }

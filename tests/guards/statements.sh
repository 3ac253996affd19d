#!/bin/sh
# Every statement of sql/queries is used by the store.

cd "$(dirname "$0")/../.." || exit 1
{
	grep -rhoE 'CM_STMT_[A-Z0-9_]+' lib --include='*.c' | sort -u
	grep -nE '^-- name: ' sql/queries/*.sql
} | awk '
/^CM_STMT_/ { used[$0] = 1; next }
{
	if (!("CM_STMT_" toupper($NF) in used)) {
		split($0, part, ":")
		printf "%s:%s: no C file uses the statement %s\n", part[1], part[2], $NF
		failed = 1
	}
	names++
}
END { exit failed || names == 0 }'

#!/bin/sh
# The C files are laid out as clang-format with .clang-format lays them out.

cd "$(dirname "$0")/../.." || exit 1
if ! command -v clang-format >/dev/null; then
	echo 'clang-format not installed'
	exit 77
fi
# Each release lays out a little differently; this one is Debian 12's.
if ! clang-format --version | grep -q 'version 14\.'; then
	echo 'not clang-format 14'
	exit 77
fi
# The first place of each file is enough: `make format` mends them all.
places=$(find lib fcgi tests/unit -name '*.[ch]' | sort | xargs clang-format --dry-run 2>&1 |
	sed -n 's/^\([^ :]*\):\([0-9]*\):[0-9]*: .*clang-format-violations.*/\1 \2/p' |
	awk '!seen[$1]++ { print $1 ":" $2 ": make format would change this" }')
[ -z "$places" ] || { printf '%s\n' "$places"; exit 1; }

#!/bin/sh
# Start Casement with the libraries in lib/, whatever this host has.

fail() {
	echo "casement: $*" >&2
	[ -z "${REQUEST_METHOD-}" ] ||
		printf 'Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nCasement does not start: %s\n' "$*"
	exit 1
}

# casement finds its loader and its libraries from its own folder on.
case $0 in
*/*) cd "${0%/*}" || fail "no such folder: ${0%/*}" ;;
esac
[ "$(uname -m)" = @MACHINE@ ] || fail "this host is $(uname -m), and this is Casement for @MACHINE@"
[ -r casement ] && [ -r lib/@LOADER@ ] || fail 'casement or lib/ is missing; upload them'

# An upload often loses the modes.
if [ ! -x casement ] || [ ! -x lib/@LOADER@ ]; then
	chmod 755 casement lib/@LOADER@ ||
		fail 'casement and lib/@LOADER@ are not executable; set their mode to 755'
	[ ! -d casement-state ] || chmod -R go= casement-state
fi
exec ./casement "$@"

#!/bin/sh
# bash completes each command of `casement help`, its options, and every setting.

cd "$(dirname "$0")/../.." || exit 1
if ! command -v bash >/dev/null; then
	echo 'bash not installed'
	exit 77
fi
CASEMENT=${CASEMENT:-build/casement} bash --norc <<'END'
set -u
. deploy/completion/casement || exit 1
program=$PWD/${CASEMENT#"$PWD/"}
failed=0

# What is offered after these words, the last one unfinished; compopt wants a terminal's completion.
compopt() { :; }
offered()
{
	COMP_WORDS=(casement "$@")
	COMP_CWORD=$#
	_casement "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || return
	printf '%s\n' "${COMPREPLY[@]}" | sort -u | tr '\n' ' '
}

wants()
{
	local wanted=$1 got
	shift
	got=$(offered "$@")
	case " $got" in
	*" $wanted "*) ;;
	*) echo "deploy/completion/casement:1: after \"$*\" comes \"$got\", without $wanted"; failed=1 ;;
	esac
}

is()
{
	local wanted=$1 got
	shift
	got=$(offered "$@")
	[[ $got == "$wanted" ]] || {
		echo "deploy/completion/casement:1: after \"$*\" comes \"$got\", not \"$wanted\""; failed=1; }
}

while read -r noun verb rest; do
	case $verb in
	[a-z]*) wants "$verb" "$noun" ''; before=("$noun" "$verb") ;;
	*) rest="$verb $rest"; before=("$noun") ;;
	esac
	wants "$noun" "${noun:0:2}"
	for option in --json --help $(grep -oE -e '--[a-z-]+' <<<"$rest"); do
		wants "$option" "${before[@]}" --
	done
done < <(
	{
		"$program" help | grep -v '^  casement KIND '
		for kind in $("$program" help | sed -n 's/^KIND is one of \(.*\)\.$/\1/p' | tr -d ,); do
			"$program" "$kind" --help
		done
	} | sed -n 's/^  casement //p'
)

settings=$(CASEMENT_DB=:memory: "$program" setting list --json | grep -oE '"[a-z0-9_]+":' | tr -d '":')
[[ $(wc -w <<<"$settings") -ge 18 ]] || { echo 'tests/guards/completion.sh:1: few settings'; failed=1; }
for name in $settings; do
	wants "$name" setting get "${name:0:3}"
	wants "$name" setting set ''
done

is 'add delete list rotate-secret show update ' application ''
is 'organization= ' audit org
is 'list ' key l
is ' ' nonsense ''
is ' ' init --url ''
is ' ' application delete my-org/demo --if-match ''
is 'deploy/completion ' init --dist deploy/comp
for verb in import backup restore; do
	is 'README.md ' "$verb" READ
done
[[ $(complete -p casement) == 'complete -F _casement casement' ]] || { echo 'no completion'; failed=1; }
exit $failed
END

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs a list of mutants. Source it after tap.sh; the test that does so has the
# functions "verdict NAME FILE SUBSTITUTION", which prints one line that starts
# with "killed" or says why not, and "made_from", which prints what a verdict
# depends on: if it is "killed", it is kept under that. MUTANT= is a pattern of names.

run_mutants()
{
	known=$build/results/${1##*/}
	mkdir -p "$known"
	total=$(grep -c '^[a-z_]*mutant ' "$1")
	nr=0
	# shellcheck source=/dev/null
	. "$1"
}

# control FILE: what kills the mutants does not kill what is none, or each
# verdict says nothing
control()
{
	local key
	[ -z "${MUTANT:-}" ] || return 0
	key=$known/none-$( (made_from; echo "$1") | hash_of)
	if [ ! -e "$key" ]; then
		verdict none "$1" 's,\z,/* no fault */\n,' > "$scratch/verdict"
		say "  no mutant: $(cat "$scratch/verdict")"
		[ "$(cat "$scratch/verdict")" != survived ] || cp "$scratch/verdict" "$key"
	fi
	if [ -e "$key" ]; then ok 'no mutant survives'; else not_ok "no mutant: $(cat "$scratch/verdict")"; fi
}

mutant()
{
	local key result
	nr=$((nr + 1))
	[ $nr != 1 ] || control "$2"
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == ${MUTANT:-*} ]] || return 0
	key=$known/$1-$( (made_from; echo "$*") | hash_of)
	if [ -e "$key" ]; then
		result=$(cat "$key")
		kept=$((${kept:-0} + 1))
	else
		verdict "$@" > "$scratch/verdict"
		result=$(cat "$scratch/verdict")
	fi
	say "  mutant $nr of $total, $1: $result"
	case $result in
	killed*) ok "$1 is $result"; echo "$result" > "$key"; killed=$((${killed:-0} + 1)) ;;
	*)	not_ok "$1: $result" ;;
	esac
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs a list of mutants, each while the next one is built. Source it after tap.sh;
# the test that does so has the functions
#
#   make_mutant NAME FILE SUBSTITUTION	prints a verdict if there is nothing to run
#   try_mutant NAME			runs what was made, and prints the verdict
#   made_from				prints what a verdict depends on
#
# A verdict is one line that starts with "killed", or says why not. If it does, it is
# kept under what it depends on. MUTANT= is a pattern of names.

run_mutants()
{
	known=$build/results/${1##*/}
	mkdir -p "$known"
	total=$(grep -c '^[a-z_]*mutant ' "$1")
	nr=0
	# shellcheck source=/dev/null
	. "$1"
	settle
}

# control FILE: what kills the mutants does not kill what is none, or each
# verdict says nothing
control()
{
	local key
	[ -z "${MUTANT:-}" ] || return 0
	key=$known/none-$( (made_from; killer ''; echo "$1") | hash_of)
	if [ ! -e "$key" ]; then
		make_mutant none "$1" 's,\z,/* no fault */\n,' > "$scratch/verdict"
		[ -s "$scratch/verdict" ] || try_mutant none > "$scratch/verdict"
		say "  no mutant: $(cat "$scratch/verdict")"
		[ "$(cat "$scratch/verdict")" != survived ] || cp "$scratch/verdict" "$key"
	fi
	if [ -e "$key" ]; then ok 'no mutant survives'; else not_ok "no mutant: $(cat "$scratch/verdict")"; fi
}

mutant()
{
	local key
	nr=$((nr + 1))
	[ $nr != 1 ] || control "$2"
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == ${MUTANT:-*} ]] || return 0
	key=$known/$1-$( (made_from; echo "$*") | hash_of)
	if [ -e "$key" ] && [ "$(sed 1d "$key")" = "$(killer "$(sed 1q "$key")")" ]; then
		kept=$((${kept:-0} + 1))
		settle
		report "$1" "$nr" "$key" "$(sed 1q "$key")"
		return
	fi
	make_mutant "$@" > "$scratch/made"
	settle
	running=("$1" "$nr" "$key")
	if [ -s "$scratch/made" ]; then
		mv "$scratch/made" "$scratch/verdict"
	else
		try_mutant "$1" > "$scratch/verdict" 9>&- < /dev/null &
		pid=$!
	fi
}

# settle: the end of the mutant that runs, if one does
settle()
{
	[ -n "${running[*]:-}" ] || return 0
	[ -z "${pid:-}" ] || wait "$pid" || echo 'could not be tried' > "$scratch/verdict"
	report "${running[@]}" "$(cat "$scratch/verdict")"
	running=() pid=
}

# report NAME NR KEY VERDICT
report()
{
	say "  mutant $2 of $total, $1: $4"
	case $4 in
	killed*) ok "$1 is $4"; (echo "$4"; killer "$4") > "$3"; killed=$((${killed:-0} + 1)) ;;
	*)	not_ok "$1: $4" ;;
	esac
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Selftests of the base itself, on the kernel before and after the series. One
# that fails before fails the test, unless base-failures says why. Source it
# after tap.sh.

# before_and_after MODE SECONDS PROGRAM...: programs of the untouched base, as
# selftests_job takes them, each with its arguments
before_and_after()
{
	local mode=$1 limit=$2 log before program was is why; shift 2
	log=$logs/$(basename "$0" .t)-$mode
	selftests_job "$scratch/$mode.d" "${@%% *}"
	for program; do
		program=${program##*/}
		sed -i "s|; /${program%% *};|; /$program;|" "$scratch/$mode.d/job"
	done
	kernel base host
	before=$image
	kernel "$series_commit" host
	say "  running $# selftests of the base before and after, mode $mode"
	job "$mode" "$before" "$scratch/$mode.d" "$limit" > "$log-before.log" || true
	job "$mode" "$image" "$scratch/$mode.d" "$limit" > "$log-after.log" || true
	for program; do
		program=${program##*/}; program=${program%% *}
		was=$(sed -n "s/^=== end $program //p" "$log-before.log")
		is=$(sed -n "s/^=== end $program //p" "$log-after.log")
		why=$(sed -n "s/^$program: //p" "$top/tests/base-failures")
		if [ -n "$why" ]; then
			skip "$mode: $program: $why (ended with ${was:-nothing} before, ${is:-nothing} after)"
		elif [ "$was" = 0 ] && [ "$is" = 0 ]; then
			ok "$mode: $program passes before and after"
		elif [ "$was" = 4 ] && [ "$is" = 4 ]; then
			skip "$mode: $program finds nothing to test there"
		else
			not_ok "$mode: $program ended with ${was:-nothing} before, ${is:-nothing} after"
		fi
	done
	check "$mode: no splat after" no_splat "$log-after.log"
}

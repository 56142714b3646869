# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Selftests of 6.1 itself, on the kernel before and after the series. One that
# fails before counts for nothing; so does one in base-failures, where it says
# why. Source it after tap.sh.

# before_and_after MODE SECONDS PROGRAM...: programs of the untouched base, as
# selftests_job takes them
before_and_after()
{
	local mode=$1 limit=$2 before program was is why; shift 2
	selftests_job "$scratch/$mode.d" "$@"
	kernel base host
	before=$image
	kernel "$series_commit" host
	say "  running $# of 6.1's own selftests before and after, mode $mode"
	job "$mode" "$before" "$scratch/$mode.d" "$limit" > "$logs/own-before-$mode.log" || true
	job "$mode" "$image" "$scratch/$mode.d" "$limit" > "$logs/own-after-$mode.log" || true
	for program; do
		program=${program##*/}
		was=$(sed -n "s/^=== end $program //p" "$logs/own-before-$mode.log")
		is=$(sed -n "s/^=== end $program //p" "$logs/own-after-$mode.log")
		why=$(sed -n "s/^$program: //p" "$top/tests/base-failures")
		if [ -n "$why" ]; then
			skip "$mode: $program: $why (ended with ${was:-nothing} before, ${is:-nothing} after)"
		elif [ "$was" = 0 ] && [ "$is" = 0 ]; then
			ok "$mode: $program passes before and after"
		elif [ -n "$was" ] && [ "$was" != 0 ]; then
			skip "$mode: $program ends with $was on the untouched base, ${is:-nothing} after"
		else
			not_ok "$mode: $program ended with ${was:-nothing} before, ${is:-nothing} after"
		fi
	done
	check "$mode: no splat after" no_splat "$logs/own-after-$mode.log"
}

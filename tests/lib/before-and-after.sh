# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Selftests of the base itself, on the kernel before and after the series. One
# that fails before fails the test: what does not hold there is in base-failures,
# which says why, and does not run. Source it after tap.sh.

# before_and_after MODE SECONDS PROGRAM...: programs of the untouched base, as
# selftests_job takes them, each with its arguments
before_and_after()
{
	local mode=$1 limit=$2 log before program name why was is programs=(); shift 2
	log=$logs/$(basename "$0" .t)-$mode
	for program; do
		name=${program%% *}
		why=$(sed -n "s/^${name##*/}\( $mode ${series_dir##*/}\)\?: //p" "$top/tests/lists/base-failures")
		if [ -n "$why" ]; then skip "$mode: ${name##*/}: $why"; else programs+=("$program"); fi
	done
	selftests_job "$scratch/$mode.d" "${programs[@]}"
	kernel base "${config:-host}"
	before=$image
	kernel "$series_commit" "${config:-host}"
	say "  running ${#programs[@]} selftests of the base before and after, mode $mode"
	cp -r "$scratch/$mode.d" "$scratch/$mode.d-after"
	run_with()
	{
		case $1 in
		before)	job "$mode" "$before" "$scratch/$mode.d" "$limit" > "$log-before.log" || true ;;
		after)	job "$mode" "$image" "$scratch/$mode.d-after" "$limit" > "$log-after.log" || true ;;
		esac
	}
	machine_files
	in_parallel run_with before after
	for program in "${programs[@]##*/}"; do
		name=${program%% *}
		was=$(sed -n "s/^=== end $name //p" "$log-before.log")
		is=$(sed -n "s/^=== end $name //p" "$log-after.log")
		if [ "$was" = 0 ] && [ "$is" = 0 ]; then
			ok "$mode: $name passes before and after"
		elif [ "$was" = 4 ] && [ "$is" = 4 ]; then
			skip "$mode: $name finds nothing to test there"
		else
			not_ok "$mode: $name ended with ${was:-nothing} before, ${is:-nothing} after"
		fi
	done
	check "$mode: no splat after" no_splat "$log-after.log"
}

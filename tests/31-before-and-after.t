#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 6.1's own arm64 KVM selftests give the same result before and after the
# series, in each mode. One that fails before counts for nothing; so does one
# in base-failures, where it says why.
. "$(dirname "$0")/tap.sh"

use_source
selftests base
programs=$(cd "$selftests/aarch64" && ls)
selftests_job "$scratch/job.d" $programs

kernel base host
before=$image
kernel "$series_commit" host
after=$image

status() { sed -n "s/^=== end $2 //p" "$1"; }

for mode in $modes; do
	say "  running 6.1's own selftests twice, mode $mode"
	job "$mode" "$before" "$scratch/job.d" > "$logs/own-before-$mode.log" || true
	job "$mode" "$after" "$scratch/job.d" > "$logs/own-after-$mode.log" || true
	for program in $programs; do
		was=$(status "$logs/own-before-$mode.log" "$program")
		is=$(status "$logs/own-after-$mode.log" "$program")
		if grep -q "^$program:" "$top/tests/base-failures"; then
			skip "$mode: $program: $(sed -n "s/^$program: //p" "$top/tests/base-failures") (before ${was:-none}, after ${is:-none})"
		elif [ "$was" = 0 ] && [ "$is" = 0 ]; then
			ok "$mode: $program passes before and after"
		elif [ -n "$was" ] && [ "$was" != 0 ]; then
			skip "$mode: $program ends with $was on the untouched base, with ${is:-nothing} after"
		else
			not_ok "$mode: $program ended with ${was:-nothing} before, with ${is:-nothing} after"
		fi
	done
	check "$mode: no splat after" bash -c "! grep -E 'WARNING: |BUG: |Oops|Kernel panic' '$logs/own-after-$mode.log'"
done

finish

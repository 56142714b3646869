#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every line and branch that the series adds to KVM of arm64 runs in the
# selftests, in tests/guest/faults.c or in tests/guest/limits.c, in one mode or another, or
# tests/lists/unreached says why not. The table is left in build/coverage.
# Uses: kernel:series:coverage selftests:series code:base machine
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
[ "$host" = arm64 ] || need gcc-12-aarch64-linux-gnu
kernel "$series_commit" coverage
selftests "$series_commit"

mapfile -t programs < <(own_selftests "$selftests")
selftests_job "$scratch/job.d" aarch64/psci_test 'aarch64/debug-exceptions -i 1000' "${programs[@]}"
program "$scratch/job.d" faults.c
program "$scratch/job.d" limits.c
before_the_end "$scratch/job.d" "$counters"
run_mode()
{
	cp -r "$scratch/job.d" "$scratch/$1.d"
	job "$1" "$image" "$scratch/$1.d" > "$logs/coverage-$1.log" || true
}
say '  running the selftests in the kernel that counts lines, in 5 modes, two at a time'
machine_files
in_parallel run_mode protected vhe nvhe cortex-a72 neoverse-n1
for mode in $modes neoverse-n1; do
	results "$logs/coverage-$mode.log" "$mode"
	gcov_of "$logs/coverage-$mode.log" "$scratch/gcov-$mode"
done

mkdir -p "$build/coverage"
check 'every line and branch is reached, or it is said why not' \
	"$top/tests/lib/coverage" "$top/tests/lists/unreached" "${series_dir##*/}" "$build/coverage/selftests" \
	<(git_linux diff -U0 base "$series_commit" -- arch virt) "$scratch"/gcov-*/*.json
diag < "$build/coverage/selftests"

figure "$(tail -n 1 "$build/coverage/selftests" | sed "s/^all *//; s/  */ /g")"
finish

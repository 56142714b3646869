#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No data race in what the series touches: the selftests, the VMM's guests and
# a stress of VMs by tests/fuzz.c in a kernel with KCSAN. A report that names a
# function of the series fails, unless tests/races says why it is none of its own.
. "$(dirname "$0")/tap.sh"
. "$top/tests/guests.sh"

ready
guests
guest_image=$image
kernel "$series_commit" kcsan

# races LOG: what KCSAN reported, a line each: the two functions
races() { sed -nE 's/^(.*\] )?BUG: KCSAN: (data-race|assert: race) in //p' "$1" | sort | uniq -c; }

# The functions that the series adds or changes
functions=$(git_linux diff -U0 base "$series_commit" -- arch/arm64/kvm |
	sed -nE 's/^@@.*@@ .*\b(\w+)\(.*/\1/p; s/^\+[a-z][^=]*\b(\w+)\(.*/\1/p' | sort -u)

# ours: those of them that tests/races does not name
ours() { grep -wFf - <(races "$1") <<< "$functions" | grep -vFf <(sed -n 's/ -- .*//p' "$top/tests/races"); }

mapfile -t programs < <(own_selftests "$selftests")
selftests_job "$scratch/job.d" "${programs[@]}"
program "$scratch/job.d" fuzz.c "${KCSAN_SECONDS:-300}" "${SEED:-}"
vmm_files "$scratch/vmm.d"
every_bare_guest "$scratch/vmm.d"
cpus_guest "$scratch/vmm.d" 20 --cpus 8

# With the stacks of a report
# shellcheck disable=SC2034 # the machine's
CPUS=4 APPEND=loglevel=7
for dir in job.d vmm.d; do
	[ $dir = job.d ] || echo 'echo === all done' >> "$scratch/vmm.d/job"
	echo 'grep . /sys/kernel/debug/kcsan' >> "$scratch/$dir/job"
	log=$logs/kcsan-${dir%.d}.log
	say "  running $dir in the kernel that looks for data races"
	job vhe "$image" "$scratch/$dir" 2400 > "$log" || true
	grep -v 'BUG: KCSAN' "$log" > "$scratch/log" || true
	results "$scratch/log" "${dir%.d}"
	check "${dir%.d}: KCSAN was at work" grep -qE '^watchpoint|setup_watchpoints: [1-9]' "$log"
	races "$log" | diag
	none() { ! ours "$log"; }
	check "${dir%.d}: no data race in what the series adds or changes" none
done

figure "$(races "$logs/kcsan-job.log" | wc -l) kinds of races elsewhere, none in the series"
finish

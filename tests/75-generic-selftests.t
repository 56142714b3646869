#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The base's own generic KVM selftests give the same result before and after the
# series, in each mode; rseq_test in one.
# Uses: kernel:base:selftests kernel:series:selftests selftests:base machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/before-and-after.sh"
config=selftests

use_source
selftests base

# Some would touch a gigabyte, again and again, which takes minutes under
# emulation; the last part of memslot_perf_test gives its guest 2 s for that.
# dirty_log_test has no smaller one, but can be had once instead of 24 times.
MEMORY=3G
programs=()
while read -r program; do
	case $program in
	demand_paging_test | dirty_log_perf_test | kvm_page_table_test) program+=' -b 16M' ;;
	memslot_modification_stress_test) program+=' -b 16M -i 100' ;;
	dirty_log_test) program+=' -i 3 -m 6 -M dirty-log' ;;
	memslot_perf_test) program+=' -s 64 -l 1 -r 1 -e 4' ;;
	esac
	programs+=("$program")
done < <(cd "$selftests" && find . -maxdepth 1 -type f -executable -printf '%P\n' | sort)

# rseq_test moves a thread 100,000 times: minutes, and nothing that a mode changes
before_and_after vhe 2400 "${programs[@]}"
figure "${#programs[@]} programs, 4 modes"
mapfile -t programs < <(printf '%s\n' "${programs[@]}" | grep -vx rseq_test)
for mode in ${modes#vhe}; do
	before_and_after "$mode" 600 "${programs[@]}"
done

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series' selftests in each mode of KVM, and on a CPU without 32-bit EL1.
# Uses: kernel:series:host selftests:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
kernel "$series_commit" host
selftests "$series_commit"

mapfile -t programs < <(own_selftests "$selftests")
run_mode()
{
	selftests_job "$scratch/$1.d" "${programs[@]}"
	job "$1" "$image" "$scratch/$1.d" > "$logs/selftests-$1.log" || true
}
say "  running the selftests in 5 modes, two at a time"
machine_files
# The slowest first: a VM of 7.3 takes half a second in protected mode
in_parallel run_mode protected vhe nvhe cortex-a72 neoverse-n1
for mode in $modes neoverse-n1; do
	results "$logs/selftests-$mode.log" "$mode"
done

figure "5 modes"
finish

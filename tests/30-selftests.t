#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series' selftests in each mode of KVM, and on a CPU without 32-bit EL1.
. "$(dirname "$0")/tap.sh"

use_source
kernel "$series_commit" host
selftests "$series_commit"

mapfile -t programs < <(own_selftests "$selftests")
selftests_job "$scratch/job.d" "${programs[@]}"
for mode in $modes no32; do
	say "  running the selftests, mode $mode"
	job "$mode" "$image" "$scratch/job.d" > "$logs/selftests-$mode.log" || true
	results "$logs/selftests-$mode.log" "$mode"
done

figure "5 modes"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the sanitised kernel: each allocation and each copy fails in turn
# (tests/faults.c), and whose memory a filter is (tests/limits.c). A splat or a
# leak fails.
. "$(dirname "$0")/tap.sh"

use_source
need_compiler
kernel "$series_commit" debug
selftests "$series_commit"
selftests_job "$scratch/job.d"
program "$scratch/job.d" faults.c
program "$scratch/job.d" limits.c
before_the_end "$scratch/job.d" "$leaks"
for mode in vhe novhe; do
	MEMORY=2G job "$mode" "$image" "$scratch/job.d" 1200 > "$logs/limits-$mode.log" || true
	results "$logs/limits-$mode.log" "$mode"
done

figure "$(sed -n 's/^ok [0-9]* - \(SET among .*\), [0-9]* faults.*/\1/p' "$logs/limits-vhe.log")"
finish

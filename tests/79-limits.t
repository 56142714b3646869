#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# In the KASAN kernel: each allocation and each copy fails in turn
# (tests/guest/faults.c), and which cgroup the filter's memory is charged to (tests/guest/limits.c). A splat or a
# leak fails.
# Uses: kernel:series:kasan headers:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
kernel "$series_commit" kasan
headers_of "$series_commit" arm64
selftests_job "$scratch/job.d"
program "$scratch/job.d" faults.c
program "$scratch/job.d" limits.c 20000
before_the_end "$scratch/job.d" "$leaks"
say '  running out of memory in the KASAN kernel'
MEMORY=2G job vhe "$image" "$scratch/job.d" 900 > "$logs/limits.log" || true
results "$logs/limits.log" vhe

figure "$(sed -n 's/^ok [0-9]* - \(SET among .*\), [0-9]* faults.*/\1/p' "$logs/limits.log")"
finish

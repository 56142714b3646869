#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The selftests in a kernel with KASAN, UBSAN, lockdep, kmemleak and a maple
# tree that checks itself. A splat or a leak fails, whatever the tests say.
# Uses: kernel:series:kasan selftests:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
kernel "$series_commit" kasan
selftests "$series_commit"

mapfile -t programs < <(own_selftests "$selftests")
selftests_job "$scratch/job.d" aarch64/hypercalls aarch64/psci_test 'aarch64/debug-exceptions -i 1000' \
	"${programs[@]}"
before_the_end "$scratch/job.d" "$leaks"
run_mode()
{
	cp -r "$scratch/job.d" "$scratch/$1.d"
	job "$1" "$image" "$scratch/$1.d" 2400 > "$logs/kasan-$1.log" || true
}
say '  running the selftests in the KASAN kernel, with VHE and without at once'
machine_files
in_parallel run_mode vhe nvhe
for mode in vhe nvhe; do
	results "$logs/kasan-$mode.log" "kasan $mode"
done

finish

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
selftests_job "$scratch/job.d" aarch64/hypercalls aarch64/psci_test aarch64/debug-exceptions \
	"${programs[@]}"
before_the_end "$scratch/job.d" "$leaks"
for mode in vhe nvhe; do
	say "  running the selftests in the KASAN kernel, mode $mode"
	job "$mode" "$image" "$scratch/job.d" 1800 > "$logs/kasan-$mode.log" || true
	results "$logs/kasan-$mode.log" "kasan $mode"
done

finish

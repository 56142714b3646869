#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The selftests in a kernel with KASAN, UBSAN, lockdep, kmemleak and a maple
# tree that checks itself. A splat or a leak fails, whatever the tests say.
. "$(dirname "$0")/tap.sh"

use_source
kernel "$series_commit" debug
selftests "$series_commit"

selftests_job "$scratch/job.d" aarch64/hypercalls aarch64/psci_test aarch64/debug-exceptions \
	aarch64/smccc_filter aarch64/smccc_filter_random
# kmemleak does not report what is younger than five seconds
sed -i 's/^echo === all done/sleep 6; echo scan > \/sys\/kernel\/debug\/kmemleak \&\& cat \/sys\/kernel\/debug\/kmemleak || echo not ok 0 kmemleak is there; &/' "$scratch/job.d/job"
for mode in vhe nvhe; do
	say "  running the selftests in the sanitised kernel, mode $mode"
	job "$mode" "$image" "$scratch/job.d" 1200 > "$logs/sanitised-$mode.log" || true
	results "$logs/sanitised-$mode.log" "sanitised $mode"
done


finish

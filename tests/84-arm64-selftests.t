#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The base's own arm64 KVM selftests give the same result before and after the
# series, in each mode.
# Uses: kernel:base:host kernel:series:host selftests:base selftests:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/before-and-after.sh"

use_source
selftests "$series_commit"
after=$selftests
selftests base

# programs_of DIR: of $selftests, or what was made with the series
programs_of() { (cd "$1" && find . -type f -executable -printf '%P\n' | sort); }
builds() { [ "$(programs_of "$selftests" | wc -l)" -gt 10 ] && ! comm -23 <(programs_of "$selftests") <(programs_of "$after") | grep .; }
check 'what the base builds, the series builds' builds

mapfile -t programs < <(cd "$selftests" && find aarch64 -type f -executable | sort)
for mode in $modes; do
	before_and_after "$mode" 600 "${programs[@]}"
done

# aarch32_id_regs wants a CPU without 32-bit EL0. Of the one that QEMU has, Linux
# says that its cache lines are too long.
selftests_job "$scratch/a64fx.d" aarch64/aarch32_id_regs
a64fx() { kernel "$1" host; job a64fx "$image" "$scratch/a64fx.d" | tee "$logs/a64fx.log" | grep -x '=== end aarch32_id_regs 0'; }
check 'aarch32_id_regs passes before, where it can' a64fx base
check '... and after' a64fx "$series_commit"

figure "4 modes"
finish

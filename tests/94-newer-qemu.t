#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The selftests on the QEMU of bookworm-backports: in each mode as on that of Debian
# 12, and with nested virtualisation, which that one lacks.
# Uses: kernel:series:host selftests:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
if ! why=$( (newer_qemu) 2>&1); then
	skip "no QEMU with nested virtualisation: ${why##*error: }"
	finish
fi
newer_qemu
kernel "$series_commit" host
selftests "$series_commit"

mapfile -t programs < <(own_selftests "$selftests")
# Linux 6.1 knows of no such guest, and 6.12 does not offer it
nested=()
[ ! -e "$selftests/aarch64/smccc_filter_nested" ] || nested=(nested)
run_mode()
{
	selftests_job "$scratch/$1.d" "${programs[@]}"
	job "$1" "$image" "$scratch/$1.d" > "$logs/newer-qemu-$1.log" || true
}
machine_files
# The slowest first, as in 30-selftests.t
in_parallel run_mode protected "${nested[@]}" vhe nvhe cortex-a72
for mode in $modes "${nested[@]}"; do
	results "$logs/newer-qemu-$mode.log" "$mode"
done
ran() { ! grep -E '^ok .*# SKIP.*EL2' "$logs/newer-qemu-nested.log" && grep -q '^ok .*nested.smc_of_el1_trapped' "$logs/newer-qemu-nested.log"; }
[ ! -e "$selftests/aarch64/smccc_filter_nested" ] || check 'the guests that have EL2 ran' ran

figure "$("$qemu_program" --version | sed -n '1s/.*version //p')"
finish

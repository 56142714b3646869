#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/lists/mutants-core and tests/lists/mutants-extensions, put into the series'
# kernel code, makes a selftest fail.
# Uses: kernel:series:host selftests:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/kernel-mutants.sh"

extensions=(aarch64/smccc_filter_read aarch64/smccc_filter_sync_regs aarch64/smccc_filter_observe)
mapfile -t others < <(own_selftests "$selftests" | grep -vxFf <(printf '%s\n' "${extensions[@]}"))
if has_core; then
	part core host 300
	selftests_job "$scratch/core" "${others[@]}"
	run_mutants "$top/tests/lists/mutants-core"
fi
if [ "${SERIES:-all}" != core ]; then
	part extensions host 300
	selftests_job "$scratch/extensions" "${extensions[@]}" "${others[@]}"
	run_mutants "$top/tests/lists/mutants-extensions"
fi

figure "${killed:-no} mutants killed${kept:+, $kept of them in earlier runs}"
finish

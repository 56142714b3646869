#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/lists/mutants-kasan makes a selftest fail in the KASAN
# kernel, or tests/guest/faults.c, tests/guest/limits.c or a report of the kernel.
# Uses: kernel:series:kasan selftests:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/kernel-mutants.sh"

[ "${SERIES:-all}" != core ] || { skip 'the faults are in the extensions'; finish; }

part kasan kasan 1800
# Those that need fault injection, and those that lockdep watches
selftests_job "$scratch/kasan" aarch64/smccc_filter_lifetime aarch64/smccc_filter_read aarch64/smccc_filter_observe
program "$scratch/kasan" faults.c
program "$scratch/kasan" limits.c 20000
before_the_end "$scratch/kasan" "$leaks"
# Nor has one with another splat to go on for minutes
APPEND='loglevel=5 panic_on_warn=1'
run_mutants "$top/tests/lists/mutants-kasan"

figure "${killed:-no} mutants killed${kept:+, $kept of them in earlier runs}"
finish

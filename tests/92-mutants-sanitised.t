#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/mutants-sanitised makes a selftest fail in the sanitised
# kernel, or tests/faults.c, tests/limits.c or a sanitiser.
. "$(dirname "$0")/tap.sh"
. "$top/tests/kernel-mutants.sh"

[ "${SERIES:-all}" != core ] || { skip 'the faults are in the beyond tier'; finish; }

part sanitised debug 1800 host.config "${series_dir##*/}.config" debug.config
# Its case of a first KVM_RUN without memory needs fault injection
selftests_job "$scratch/sanitised" aarch64/smccc_filter_ext
program "$scratch/sanitised" faults.c
program "$scratch/sanitised" limits.c 20000
before_the_end "$scratch/sanitised" "$leaks"
# Nor has one with another splat to go on for minutes
APPEND='loglevel=5 panic_on_warn=1'
run_mutants "$top/tests/mutants-sanitised"

figure "${killed:-no} mutants killed${kept:+, $kept of them in earlier runs}"
finish

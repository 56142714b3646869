#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/mutants and tests/mutants-beyond, put into the series'
# kernel code, makes a selftest fail.
. "$(dirname "$0")/tap.sh"
. "$top/tests/kernel-mutants.sh"

if has_core; then
	part core mutant 300 host.config "${series_dir##*/}.config"
	selftests_job "$scratch/core" aarch64/smccc_filter aarch64/smccc_filter_random
	run_mutants "$top/tests/mutants"
fi
if [ "${SERIES:-all}" != core ]; then
	part beyond mutant 300 host.config "${series_dir##*/}.config"
	mapfile -t others < <(own_selftests "$selftests" | grep -v _ext)
	selftests_job "$scratch/beyond" aarch64/smccc_filter_ext "${others[@]}"
	run_mutants "$top/tests/mutants-beyond"
fi

figure "${killed:-no} mutants killed${kept:+, $kept of them in earlier runs}"
finish

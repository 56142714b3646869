#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make run: the patched kernel, booted at EL2 under QEMU, with the selftests'
# result on the screen. MODE= is vhe, nvhe, protected or novhe.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/source.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/selftests.sh"
. "$top/scripts/machine.sh"

mode=${MODE:-vhe}
need_mode "$mode"
need qemu-system-arm cpio
use_source
kernel "$series_commit" host
selftests "$series_commit"

dir=$(mktemp -d "$build/run.XXXXXX")
trap 'rm -rf "$dir"' EXIT
selftests_job "$dir" aarch64/smccc_filter aarch64/smccc_filter_random
say "  booting $package $version with $(series | wc -l) patches, mode $mode"
job "$mode" "$image" "$dir" | tee "$logs/run.log" | grep -v '^#  *\(RUN\|OK\) '
bad=$(job_failures "$logs/run.log")
[ -z "$bad" ] || die "not all is well: $bad; the console is ${logs#"$PWD"/}/run.log"
say "$(grep -c '^ok' "$logs/run.log") tests passed, on $(grep -o 'Linux version [^ ]*' "$logs/run.log")"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# With each patch the kernel builds without a warning and passes its selftests:
# those of the base that concern calls, and the series' own once they are there.
# Uses: each-patch machine
. "$(dirname "$0")/lib/tap.sh"

use_source
nr=0
for patch in $(series); do
	nr=$((nr + 1))
	commit=$(patch_commit $nr)
	kernel "$commit" host
	selftests "$commit"
	mapfile -t programs < <(own_selftests "$selftests")
	programs+=(aarch64/hypercalls aarch64/psci_test aarch64/debug-exceptions)
	rm -rf "$scratch/job.d"
	selftests_job "$scratch/job.d" "${programs[@]}"
	job vhe "$image" "$scratch/job.d" > "$logs/each-patch-$nr.log" || true
	bad=$(job_failures "$logs/each-patch-$nr.log")
	if [ -z "$bad" ]; then
		ok "${#programs[@]} selftests pass up to ${patch%.patch}"
	else
		not_ok "up to ${patch%.patch}: $bad"
	fi
done

figure "$nr patches"
finish

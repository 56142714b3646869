#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# With each patch the kernel builds without a warning and passes its selftests:
# those of the base that concern calls, and the series' own once they are there.
# Uses: each-patch machine
. "$(dirname "$0")/lib/tap.sh"

use_source

# Each runs while the next kernel is built
run() { job vhe "$image" "$scratch/$nr.d" > "$logs/each-patch-$nr.log" || true; }
judge()
{
	local bad
	wait "$machine"
	bad=$(job_failures "$logs/each-patch-$1.log")
	rm -r "$scratch/$1.d"
	if [ -z "$bad" ]; then
		ok "$2 selftests pass up to $3"
	else
		not_ok "up to $3: $bad"
	fi
}

machine_files
nr=0 running=()
for patch in $(series); do
	nr=$((nr + 1))
	commit=$(patch_commit $nr)
	kernel "$commit" host
	selftests "$commit"
	mapfile -t programs < <(own_selftests "$selftests")
	programs+=(aarch64/hypercalls aarch64/psci_test 'aarch64/debug-exceptions -i 1000')
	selftests_job "$scratch/$nr.d" "${programs[@]}"
	[ $nr = 1 ] || judge "${running[@]}"
	run 9>&- < /dev/null &
	machine=$! running=($nr ${#programs[@]} "${patch%.patch}")
done
judge "${running[@]}"

figure "$nr patches"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Closing a VM with a million ranges: the longest stretch without preemption is
# no more than 1.2 times that with a thousand, or the page allocator's
# (tests/guest/teardown.c, in a preemptible kernel whose instructions are
# counted); and the time that it takes where the kernel is not preemptible, as
# Debian's.
# Uses: kernel:series:preempt kernel:series:host headers:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
headers_of "$series_commit" arm64
for config in preempt host; do
	kernel "$series_commit" $config
	mkdir -p "$scratch/$config"
	echo 'echo === all done' > "$scratch/$config/job"
	program "$scratch/$config" teardown.c
	initrd "$scratch/$config" "$scratch/$config.initrd"
	# No two runs have the same entropy, and what is random makes the count so
	APPEND='random.trust_cpu=0 random.trust_bootloader=0' CPUS=1 CPU=pmu=off,sve=off machine vhe "$image" "$scratch/$config.initrd"
	say "  closing VMs in the $config kernel"
	timeout 900 "${qemu[@]}" -icount shift=0,sleep=off < /dev/null 2>&1 | tr -d '\r' > "$logs/teardown-$config.log" || true
	grep '^# .* ranges in a VM: closed' "$logs/teardown-$config.log" || true
	results "$logs/teardown-$config.log" "$config"
done

figure "$(sed -n 's/^# 1000000 ranges in a VM: //p' "$logs/teardown-preempt.log")"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reference VMM in every mode of KVM, by both conduits, with 1, 4 and 8
# vCPUs; and 50 times a CPU off or on, under load, in each. Then on a host with a GICv2.
# Races between vCPUs of the VMM are looked for on the build machine, in
# tests/42-vmm-native.t.
# Uses: kernel:series:host vmm:series guests machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"

ready
guests

for mode in $modes; do
	dir=$scratch/$mode
	vmm_files "$dir"
	every_bare_guest "$dir"
	for conduit in hvc smc; do
		linux_guest "$dir" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8 --conduit $conduit
		for cpus in 1 8; do
			boot_guest "$dir" $cpus --conduit $conduit
		done
		cpus_guest "$dir" 8 50 --conduit $conduit
	done
	boot_guest "$dir" 8 --psci kernel
	run_guests "$mode" "$dir" "$mode" 1200
done

# A host like the Raspberry Pi 4, which has no GICv3 to lend
dir=$scratch/gicv2
vmm_files "$dir"
every_bare_guest "$dir"
sed -i '/^guest bare-psci/d' "$dir/job"		# it knows GICv3's registers alone
linux_guest "$dir" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8
boot_guest "$dir" 8
GIC=2 run_guests cortex-a72 "$dir" gicv2
check 'the guest has a GICv2, too' grep -q '^# its interrupts are of a GIC-0' "$logs/guests-gicv2.log"
check '... and a GICv3 where the host has one' grep -q '^# its interrupts are of a GICv3' "$logs/guests-vhe.log"

finish

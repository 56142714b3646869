#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reference VMM boots an ordinary Linux and others whose firmware is in user
# space, by both conduits; and a guest moves from one VMM to another. The evidence is
# what the guests print, and what the kernel counts.
# Uses: kernel:series:host vmm:series guests machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"
# Linux guests do $top/scripts/guest/tour, $top/tests/guest/vulnerabilities and, moving
# from one VMM to another, $top/tests/guest/moving, by $top/scripts/guest/drive

ready
guests

# Everything once, by HVC, with VHE
vmm_files "$scratch/vhe"
linux_guest "$scratch/vhe" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8 --verbose --show-filter
every_bare_guest "$scratch/vhe"
# A filter that cannot be read back keeps its guest
if [ "${SERIES:-all}" = all ]; then
	bare_guest "$scratch/vhe" bare-move --cpus 4
	GUEST_APPEND=moves=1 linux_guest "$scratch/vhe" "$top/tests/guest/moving" --memory 64 --cpus 4 --max-cpus 8
fi
cpus_guest "$scratch/vhe" 8 10

# The other conduit, without VHE; and calls that are forwarded though KVM has PSCI
vmm_files "$scratch/cortex-a72"
linux_guest "$scratch/cortex-a72" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8 --conduit smc --trace --no-sync-regs
linux_guest "$scratch/cortex-a72" "$top/tests/guest/vulnerabilities" --psci user
linux_guest "$scratch/cortex-a72" "$top/tests/guest/vulnerabilities" --psci kernel \
	--filter 0x84000050+0x10=forward --filter 0xc4000050+0x10=forward

echo 'echo === all done' | tee -a "$scratch/vhe/job" >> "$scratch/cortex-a72/job"
run_mode() { job "$1" "$image" "$scratch/$1" > "$logs/guests-$1.log" || true; }
machine_files
in_parallel run_mode vhe cortex-a72
judge_guests vhe
judge_guests cortex-a72

ranges='0x84000000+0x20=forward, psci
0xc4000000+0x20=forward, psci
0xc4000020+0x20=forward, sdei
0x84000050+0x10=forward, trng
0xc4000050+0x10=forward, trng
0xb2000000+0xe000000=forward, tee
0xf2000000+0xe000000=forward, tee'
shown() { diff <(sed -n 's/^vmm: SMCCC filter //p' "$1" | awk '!seen[$0]++') - <<< "$ranges"; }
check 'vhe: --verbose shows every range that is set' shown "$logs/guests-vhe.log"

# What the kernel holds is what was set, in ascending order, and no more
holds()
{
	diff <(sed -n "/^=== begin guest-tour/,/^=== end/s/^vmm: the kernel's SMCCC filter: //p" "$1" | awk '{ print } /^0xf2000000/ { exit }') \
		<(cut -d, -f1 <<< "$ranges" | sort)
}
check 'vhe: --show-filter shows what the kernel holds' holds "$logs/guests-vhe.log"

# vulnerabilities LOG: the same files with the same text in both of two runs, in
# which Linux asked KVM for its workarounds as often
vulnerabilities()
{
	local text
	text=$(grep -e '^/sys/devices/system/cpu/vulnerabilities/' -e '^kernel: hvc 80000001 ' \
		<(sed -n '/^=== begin guest-vulnerabilities/,/^=== end/p' "$1") | sort | uniq -c)
	echo "$text"
	[ "$(wc -l <<< "$text")" -ge 9 ] && grep -q '80000001 [1-9]' <<< "$text" && ! grep -qv '^ *2 ' <<< "$text"
}
check 'cortex-a72: the same vulnerabilities as with PSCI in KVM' vulnerabilities "$logs/guests-cortex-a72.log"
check 'cortex-a72: --trace has a CPU that is refused' grep -Eq \
	'^vmm: cpu[0-9] smc 0xc4000003 psci CPU_ON\(0x4, 0x[0-9a-f]+, 0x0\) = DENIED$' "$logs/guests-cortex-a72.log"
takes_part() { grep -Eq "^vmm: cpu$1 smc 0xc400002[bc] sdei SDEI_PE_$2\\(\\)" "$logs/guests-cortex-a72.log"; }
check 'cortex-a72: SDEI is masked on a CPU that goes' takes_part 4 MASK
check 'cortex-a72: and unmasked on one that comes' takes_part 4 UNMASK
check 'cortex-a72: where KVM is the firmware, a service of ours is not asked' grep -Eq '^vmm: other +[1-9]' "$logs/guests-cortex-a72.log"

figure "two machines"
finish

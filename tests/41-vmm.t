#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reference VMM boots an ordinary Linux and others whose firmware is in user
# space; on a kernel without the filter it leaves the firmware to KVM, or says
# that it cannot. The evidence is what the guests print.
. "$(dirname "$0")/tap.sh"
. "$top/tests/guests.sh"

ready
guests

# Everything once, by HVC, with VHE
vmm_files "$scratch/vhe"
linux_guest "$scratch/vhe" "$top/scripts/guest-tour" --cpus 4 --max-cpus 8 --verbose
every_bare_guest "$scratch/vhe"
every_bare_guest "$scratch/vhe" --no-sync-regs --show-filter
cpus_guest "$scratch/vhe" 8 20
cat "$top/tests/vmm-errors" >> "$scratch/vhe/job"
run_guests vhe "$scratch/vhe" vhe

ranges='0x84000000+0x20=forward, psci
0xc4000000+0x20=forward, psci
0xc4000020+0x20=forward, sdei
0x84000050+0x10=forward, trng
0xc4000050+0x10=forward, trng
0xb2000000+0xe000000=forward, tee
0xf2000000+0xe000000=forward, tee'
shown() { diff <(sed -n 's/^vmm: SMCCC filter //p' "$1" | awk '!seen[$0]++') - <<< "$ranges"; }
check 'vhe: --verbose shows every range that is set' shown "$logs/guests-vhe.log"

# What the kernel holds is what was set, and between it what KVM handles
held='0x84000000+0x20=forward
0x84000050+0x10=forward
0xb2000000+0xe000000=forward
0xc3000000+0x10=forward
0xc3000010+0x1=deny
0xc4000000+0x20=forward
0xc4000020+0x20=forward
0xc4000050+0x10=forward
0xf2000000+0xe000000=forward'
holds()
{
	local lines
	lines=$(sed -n "/^=== begin bare-services/,/^=== end/s/^vmm: the kernel's SMCCC filter: //p" "$1")
	diff <(grep -v '=handle$' <<< "$lines") - <<< "$held" &&
		perl -ne '/^(\w+)\+(\w+)=/ or next; die "a hole at $1" if hex $1 != $next; $next = hex($1) + hex $2;
			  END { die "ends at $next" if $next != 1 << 32 }' <<< "$lines"
}

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
check 'vhe: --show-filter shows what the kernel holds' holds "$logs/guests-vhe.log"

# The other conduit, without VHE
vmm_files "$scratch/novhe"
linux_guest "$scratch/novhe" "$top/scripts/guest-tour" --cpus 4 --max-cpus 8 --conduit smc --trace
boot_guest "$scratch/novhe" 2 --no-sync-regs
linux_guest "$scratch/novhe" "$top/tests/guest-vulnerabilities" --psci user
linux_guest "$scratch/novhe" "$top/tests/guest-vulnerabilities" --psci kernel
run_guests novhe "$scratch/novhe" novhe
check 'novhe: the same vulnerabilities as with PSCI in KVM' vulnerabilities "$logs/guests-novhe.log"
check 'novhe: --trace has a CPU that is refused' grep -Eq \
	'^vmm: cpu[0-9] smc 0xc4000003 psci CPU_ON\(0x4, 0x[0-9a-f]+, 0x0\) = DENIED$' "$logs/guests-novhe.log"
takes_part() { grep -Eq "^vmm: cpu$1 smc 0xc400002[bc] sdei SDEI_PE_$2\\(\\)" "$logs/guests-novhe.log"; }
check 'novhe: SDEI is masked on a CPU that goes' takes_part 4 MASK
check 'novhe: and unmasked on one that comes' takes_part 4 UNMASK

# PSCI in KVM, and some calls forwarded all the same: nobody here answers them
vmm_files "$scratch/kernel"
boot_guest "$scratch/kernel" 2 --psci kernel \
	--filter 0x84000050+0x10=forward --filter 0xc4000050+0x10=forward
run_guests vhe "$scratch/kernel" kernel
check 'kernel: a service of ours is not asked' grep -Eq '^vmm: other +[1-9]' "$logs/guests-kernel.log"

# The untouched base
kernel base host
vmm_files "$scratch/base"
boot_guest "$scratch/base" 2
# That of a series without a core has a filter
if ! (SERIES=core series) > /dev/null 2>&1; then
	run_guests vhe "$scratch/base" base
	finish
fi
cat >> "$scratch/base/job" <<'END'
for arguments in '--psci user' '--filter 0xc3000000+1=deny' --show-filter; do
	/vmm --kernel /Image $arguments
	echo "=== $arguments exits $?"
done
END
run_guests vhe "$scratch/base" base
said() { grep -qxF -e "$1" "$logs/guests-base.log"; }
check 'base: PSCI stays in KVM' said 'vmm: this kernel has no SMCCC filter; PSCI stays in KVM'
check 'base: --psci user is refused' said 'vmm: this kernel has no SMCCC filter, which --psci user needs'
check 'base: with exit status 2' said '=== --psci user exits 2'
check 'base: --filter is refused' said 'vmm: this kernel has no SMCCC filter, which --filter needs'
check 'base: with exit status 2' said '=== --filter 0xc3000000+1=deny exits 2'
check 'base: --show-filter is refused' said 'vmm: this kernel has no SMCCC filter, which --show-filter needs'
check 'base: with exit status 2' said '=== --show-filter exits 2'

finish

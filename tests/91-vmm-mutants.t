#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/lists/mutants-vmm, put into the reference VMM, makes one of its
# guests fail, or the counts differ from the kernel's, or a guest that moves not arrive:
# on the build machine with the scripted KVM, or, if it survives there, in QEMU.
# Uses: kernel:series:host vmm:series guests machine deb:libfdt-dev deb:zlib1g-dev deb:libzstd-dev
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"
. "$top/tests/lib/native.sh"
. "$top/tests/lib/mutants.sh"
# It is built from $top/vmm and $top/tests/native; guests do $top/scripts/guest/tour by
# $top/scripts/guest/drive; the faults are $top/tests/lists/mutants-vmm

ready
guests
libfdt
need gcc libc6-dev libfdt-dev zlib1g-dev libzstd-dev python3
native_uapi "$scratch/uapi"

vmm_files "$scratch/job"
every_bare_guest "$scratch/job"
bare_guest "$scratch/job" bare-psci --cpus 3 --max-cpus 4 --no-sync-regs
bare_guest "$scratch/job" bare-services --no-sync-regs --show-filter \
	--filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny
linux_guest "$scratch/job" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8
echo 'echo === all done' >> "$scratch/job/job"

build_mutant()
{
	make -s -C "$scratch/vmm" "CC=${arm64_cross}gcc" CFLAGS='-O2 -Wno-error' \
		"UAPI=$headers" "LIBFDT=$libfdt" "OUT=$scratch/vmm"
}

# other_failures LOG: what went wrong besides time that ran out
other_failures()
{
	job_failures "$1" | sed -e 's/[^;]*: did not end//' -e 's/Bail out[^;]*//' -e 's/the machine did not get to its end//' -e 's/^;*//; s/;*$//'
}

# judged LOG COUNTS: "killed" and by what, or nothing; COUNTS compares with the kernel's
judged()
{
	if grep -q '^not ok' "$1"; then
		echo "killed by $(grep -m 1 '^not ok' "$1" | sed 's,^not ok [0-9]* *-* *,,')"
	elif [ -n "$(other_failures "$1")" ]; then
		echo "killed by $(other_failures "$1")"
	elif grep -q '^=== all done' "$1" && ! "$2" "$1" > /dev/null; then
		echo "killed by the kernel's counts"
	fi
}

make_mutant()
{
	local log=$logs/vmm-mutant-$1.log killed option
	rm -rf "$scratch/vmm" "$scratch/native"
	cp -r "$top/vmm" "$scratch/vmm"
	perl -0pi -e "$3" "$scratch/vmm/$2"
	if cmp -s "$top/vmm/$2" "$scratch/vmm/$2"; then
		echo 'changes nothing'
		return
	fi
	if build_native "$scratch/native" '' "$scratch/vmm" > "$log" 2>&1; then
		for option in '' --no-sync-regs; do
			LIMIT=15 native_guests "$scratch/native" "$log" $option
			killed=$(judged "$log" same_counts)
			[ -z "$killed" ] || { echo "$killed, natively"; return; }
		done
		"$top/tests/native/moves" "$scratch/native" 1 0 2>&1 | sed '/^not ok/q' > "$log" || true
		killed=$(sed -n 's/^not ok [0-9]* - /killed by /p' "$log")
		grep -q '^1\.\.' "$log" || killed=${killed:-killed by $(tail -n 1 "$log")}
		[ -z "$killed" ] || { echo "$killed, on a move"; return; }
	fi
	build_mutant > "$log" 2>&1 || echo 'does not build'
	mv "$scratch/vmm/vmm" "$scratch/$1.vmm" 2> /dev/null || true
}

try_mutant()
{
	local log=$logs/vmm-mutant-$1.log killed
	mv "$scratch/$1.vmm" "$scratch/job/vmm"
	job vhe "$image" "$scratch/job" 180 '^not ok' > "$log" || true
	killed=$(judged "$log" "$top/scripts/lib/counts-agree")
	if [ -n "$killed" ]; then
		echo "$killed"
	elif ! grep -q '^=== all done' "$log"; then
		echo 'timed out'
	else
		echo 'survived'
	fi
}

made_from()
{
	cat "$top"/vmm/* "$top"/tests/guest/bare/* "$top"/tests/native/* "$top/tests/lib/native.sh" "$scratch/job/job" \
		"$top"/scripts/guest/{tour,drive,init} "$top/scripts/lib/counts-agree" "$top/scripts/lib/machine.sh"
	declare -f build_mutant make_mutant try_mutant judged other_failures
	hash_of < "$image"
}

run_mutants "$top/tests/lists/mutants-vmm"

figure "$killed mutants killed${kept:+, $kept of them in earlier runs}"
finish

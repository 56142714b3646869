#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each fault of tests/vmm-mutants, put into the reference VMM, makes one of its
# guests fail, or the counts differ from the kernel's.
. "$(dirname "$0")/tap.sh"
. "$top/tests/guests.sh"
. "$top/tests/mutants.sh"

ready
guests
libfdt

vmm_files "$scratch/job"
every_bare_guest "$scratch/job"
bare_guest "$scratch/job" bare-psci --cpus 3 --max-cpus 4 --no-sync-regs
bare_guest "$scratch/job" bare-services --no-sync-regs --show-filter \
	--filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny
linux_guest "$scratch/job" "$top/scripts/guest-tour" --cpus 4 --max-cpus 8
echo 'echo === all done' >> "$scratch/job/job"

build_mutant()
{
	make -s -C "$scratch/vmm" "CC=${arm64_cross}gcc" CFLAGS='-O2 -Wno-error' \
		"UAPI=$selftests/headers" "LIBFDT=$libfdt" "OUT=$scratch/vmm"
}

# other_failures LOG: what went wrong besides time that ran out
other_failures()
{
	job_failures "$1" | sed -e 's/[^;]*: did not end//' -e 's/Bail out[^;]*//' -e 's/the machine did not get to its end//' -e 's/^;*//; s/;*$//'
}

# verdict NAME FILE SUBSTITUTION: one line; "killed" and by what, or why not
verdict()
{
	local log=$logs/vmm-mutant-$1.log
	rm -rf "$scratch/vmm"
	cp -r "$top/vmm" "$scratch/vmm"
	perl -0pi -e "$3" "$scratch/vmm/$2"
	if cmp -s "$top/vmm/$2" "$scratch/vmm/$2"; then
		echo 'changes nothing'
	elif ! build_mutant > "$log" 2>&1; then
		echo 'does not build'
	else
		cp "$scratch/vmm/vmm" "$scratch/job"
		job vhe "$image" "$scratch/job" 180 '^not ok' > "$log" || true
		if grep -q '^not ok' "$log"; then
			echo "killed by $(grep -m 1 '^not ok' "$log" | sed 's,^not ok [0-9]* *-* *,,')"
		elif [ -n "$(other_failures "$log")" ]; then
			echo "killed by $(other_failures "$log")"
		elif ! grep -q '^=== all done' "$log"; then
			echo 'timed out'
		elif ! "$top/scripts/counts-agree" "$log" > /dev/null; then
			echo "killed by the kernel's counts"
		else
			echo 'survived'
		fi
	fi
}

made_from()
{
	cat "$top"/vmm/* "$top"/tests/bare/* "$scratch/job/job" "$top/scripts/guest-tour" "$top/scripts/drive" \
		"$top/scripts/counts-agree" "$top/scripts/guest-init" "$top/scripts/machine.sh"
	declare -f build_mutant verdict other_failures
	echo "$image"
}

run_mutants "$top/tests/vmm-mutants"

figure "$killed mutants killed${kept:+, $kept of them in earlier runs}"
finish

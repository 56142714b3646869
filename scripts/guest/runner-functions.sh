#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The end of kselftest/runner.sh in the tarball of make kselftest, which is
# otherwise the kernel's own. These functions replace those of the same name.

# A machine without udev has no /dev/stdout
[ -e /dev/stdout ] || export logfile=/proc/self/fd/1

# Each line as soon as it is there. sed and mawk write to a pipe only when they
# have kilobytes, and a machine that crashes takes those with it.
tap_prefix()
{
	while IFS= read -r line || [ -n "$line" ]; do
		printf '# %s\n' "$line"
	done
}

# The timeout of busybox leaves children behind and does not end with 124. A VM's
# vCPUs have to stay on CPUs of one kind: see one_kind().
tap_timeout()
{
	list=$(one_kind "${CPU_DIR:-/sys/devices/system/cpu}")
	pin=
	if [ -n "$list" ] && command -v taskset > /dev/null; then
		pin="taskset -c $list"
		echo "this machine has CPUs of several kinds; the test runs on CPUs $list"
	elif [ -n "$list" ]; then
		echo "this machine has CPUs of several kinds and no taskset; tests that need one kind can fail"
	fi
	# shellcheck disable=SC2086,SC2154 # a command and its arguments; from runner.sh
	"$BASE_DIR/kselftest/timeout.sh" "$kselftest_timeout" $pin $1
}

# one_kind DIR: nothing if all CPUs are of one kind (big.LITTLE has two), else those
# of the kind that most CPUs have, as taskset wants them. KVM refuses to move a
# vCPU to another kind: KVM_ARM_VCPU_INIT gives EINVAL, KVM_RUN ENOEXEC.
one_kind()
{
	kinds=$(cat "$1"/cpu[0-9]*/regs/identification/midr_el1 2> /dev/null | sort | uniq -c | sort -n)
	[ "$(echo "$kinds" | wc -l)" -gt 1 ] || return 0
	grep -lx "${kinds##* }" "$1"/cpu[0-9]*/regs/identification/midr_el1 |
		sed 's,.*/cpu\([0-9]*\)/.*,\1,' | sort -n | paste -s -d , -
}

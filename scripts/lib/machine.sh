# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A machine that enters the kernel at EL2: QEMU's TCG, a busybox and a job.
# Source it after source.sh.

modes='vhe nvhe protected cortex-a72'
qemu_program="qemu-system-aarch64"

# need_mode MODE: a mode of KVM on QEMU's CPU max, or a CPU that lacks VHE
need_mode()
{
	[ "$1" != novhe ] || die "MODE=novhe is now MODE=cortex-a72, a CPU without VHE"
	grep -qw -e "$1" <<< "$modes" || die "MODE=$1 is unknown; it can be one of: $modes"
}

busybox()
{
	unpack_deb arm64 busybox-static
	busybox=$unpacked/bin/busybox
}

# initrd DIR FILE: an initramfs of DIR, which holds the script "job"
initrd()
{
	local root=$2.root
	need cpio
	busybox
	rm -rf "$root"; mkdir -p "$root/bin" "$root/dev"
	cp "$busybox" "$root/bin/busybox"
	cp "$top/scripts/guest/init" "$root/init"
	cp -r "$1/." "$root"
	(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) > "$2"
	rm -rf "$root"
}

# held_vm: set $held_vm to a program that holds a VM open (see its source)
held_vm()
{
	local source=$top/scripts/guest/held-vm.c
	held_vm=$build/guest/$(hash_of < "$source")/held-vm
	[ ! -e "$held_vm" ] || return 0
	need_compiler
	mkdir -p "${held_vm%/*}"
	"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -static -s -o "$held_vm" "$source"
}

# newer_qemu: let the machines that follow have a QEMU with nested virtualisation,
# which came after Debian 12's: that of bookworm-backports, from its package alone
newer_qemu()
{
	need qemu-system-arm
	[ "$(qemu-system-aarch64 --version | sed -n 's/.*version \([0-9]*\).*/\1/p')" -lt 10 ] || return 0
	unpack_deb "$host/bookworm-backports" qemu-system-arm
	qemu_program=$unpacked/usr/bin/qemu-system-aarch64
}

# machine_files: fetch and build what every machine has, before two start at once
machine_files()
{
	need cpio qemu-system-arm
	busybox
	held_vm
}

# machine MODE IMAGE INITRD: set the array $qemu to the command that boots it,
# with its console on ours; CPUS=, CPU= (properties), GIC= (2), MEMORY= and
# APPEND= change the machine
machine()
{
	local cpu=max,pauth-impdef=on append="console=ttyAMA0 quiet loglevel=4 log_buf_len=4M panic=-1"
	append+=" print-fatal-signals=1 mode=$1 ${APPEND:-}"
	need qemu-system-arm
	case $1 in
	vhe)		;;
	# Nested guests need newer_qemu()
	nvhe | protected | nested) append+=" kvm-arm.mode=$1" ;;
	cortex-a72 | neoverse-n1 | a64fx) cpu=$1 ;;
	*)		die "MODE=$1 is unknown; it can be one of: $modes" ;;
	esac
	qemu=("$qemu_program" -M "virt,virtualization=on,gic-version=${GIC:-3}" -cpu "$cpu${CPU:+,$CPU}"
		-smp "${CPUS:-2}" -m "${MEMORY:-1G}" -display none -nodefaults
		-serial mon:stdio -no-reboot -kernel "$2" -initrd "$3" -append "$append")
}

# job MODE IMAGE DIR [SECONDS [PATTERN]]: run DIR/job in a machine to its end,
# or until a line of its console matches PATTERN; the console is our output,
# without the carriage returns
job()
(
	pid='' status=0
	cpio=$(mktemp "$build/initrd.XXXXXX")
	trap '[ -z "$pid" ] || kill "$pid" || true; rm -f "$cpio" "$cpio.console"' EXIT
	used machine
	held_vm
	cp "$held_vm" "$3"
	initrd "$3" "$cpio"
	machine "$1" "$2" "$cpio"
	mkfifo "$cpio.console"
	timeout --foreground "${4:-600}" "${qemu[@]}" > "$cpio.console" 2>&1 < /dev/null 9>&- &
	pid=$!
	# One process: a machine that has fallen silent would keep a pipe of two
	sed -u -e 's/\r//g' ${5:+-e "/$5/q"} < "$cpio.console"
	[ -z "${5:-}" ] || kill "$pid" 2>/dev/null || true
	wait "$pid" || status=$?
	pid=''
	[ $status != 124 ] || echo "Bail out! the machine was still running after ${4:-600} s"
	exit $status
)

# selftests_job DIR PROGRAM...: a job that runs these programs of $selftests
# (aarch64/hypercalls, 'memslot_perf_test -s 64'), each between two lines that a reader of
# the console can find
selftests_job()
{
	local dir=$1 program name; shift
	mkdir -p "$dir"
	# shellcheck disable=SC2016 # for the machine's shell
	{
		echo 'cat /proc/version'
		for program; do
			cp "$selftests/${program%% *}" "$dir"
			program=${program##*/}
			name=${program%% *}
			echo "echo '=== begin $name'; /$program; echo \"=== end $name \$?\""
		done
		echo 'echo === all done'
	} > "$dir/job"
}

# What the kernel says when something is badly wrong
splats='WARNING: |BUG: |BUG at |Oops|Kernel panic|kmemleak: |unreferenced object|UBSAN: |\bINFO: |stall on CPU|detected stalls'

# job_failures LOG: what went wrong in a job, on one line; nothing if all is well
job_failures()
{
	{
		grep -E '^not ok|^Bail out|^=== end .* [1-9][0-9]*$' "$1"
		grep -E "$splats" "$1"
		awk '/^=== begin / { if (name) print name ": did not end"; name = $3; results = planned = 0 }
		     /^(not )?ok( |$)/ { results++ }
		     /^1\.\.[0-9]+/ { planned += substr($1, 4) }
		     /^=== end (guest|bare)-/ && !planned { print name ": no plan" }
		     /^=== end / && results != planned { print name ": " results " results, " planned " planned" }
		     /^=== end / { name = "" }
		     END { if (name) print name ": did not end" }' "$1"
		# A Linux that is a guest has a log, too
		awk '/^=== all done/ { done = 1 } /^=== log ends/ { end = done } END { exit !end }' "$1" ||
			echo 'the machine did not get to its end'
	} | awk 'NR <= 3' | paste -sd ';'
}

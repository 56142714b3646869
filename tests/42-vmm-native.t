#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reference VMM on the build machine, with a scripted KVM: its services, its
# control socket and its options, under ASan with UBSan and under TSan; and what it
# does where the kernel lacks the filter, or where any of its requests fails.
# Uses: headers:series vmm:series deb:libfdt-dev deb:zlib1g-dev deb:libzstd-dev
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/native.sh"
# It is built from $top/tests/native, $top/tests/guest/bare and $top/vmm; the guests
# are driven by $top/scripts/guest/drive

use_source
need_compiler
need gcc libc6-dev libfdt-dev zlib1g-dev libzstd-dev zstd python3
headers_of "$series_commit" arm64
native_uapi "$scratch/uapi"
plain=$scratch/plain asan=$scratch/asan tsan=$scratch/tsan
check 'it builds' build_native "$plain"
check '... for ASan and UBSan' build_native "$asan" address,undefined
check '... for TSan' build_native "$tsan" thread

export UBSAN_OPTIONS=print_stacktrace=1

# Meanwhile, since they mostly wait: guests that move, and 1,000 damaged files of them;
# and what the VMM inherits, terminals and sockets, how it ends
moves()
{
	"$top/tests/native/moves" "$asan" > "$logs/native-moves.log" 2>&1 || true
	"$top/tests/native/moves" "$tsan" 0 0 > "$logs/native-moves-tsan.log" 2>&1 || true
}
surroundings() { "$top/tests/native/surroundings" "$plain" > "$logs/native-surroundings.log" 2>&1 || true; }
TMPDIR=$scratch moves < /dev/null &
moves_pid=$!
TMPDIR=$scratch surroundings < /dev/null &
surroundings_pid=$!

for variant in asan tsan; do
	for option in '' --no-sync-regs; do
		log=$logs/native-$variant$option.log
		native_guests "$scratch/$variant" "$log" $option
		results "$log" "$variant${option:+ }$option"
		check "$variant $option: the VMM and KVM count the same" same_counts "$log"
		check "$variant $option: nothing found" no_finding "$log"
	done
done

# stress VARIANT: vCPUs that call at random while clients plug, unplug, raise and ask,
# for STRESS= seconds. vCPU 1 stays plugged: the guest wants more than one.
stress()
{
	local end=$((SECONDS + ${STRESS:-5})) log=$logs/native-stress-$1.log vmm_pid client wish
	: > "$log"
	while [ $SECONDS -lt $end ]; do
		timeout -s KILL 120 "$scratch/$1/bare-garbage" --kernel "$scratch/stress" --cpus 7 --max-cpus 8 --control "$scratch/socket" < /dev/null >> "$log" 2>&1 &
		vmm_pid=$!
		for client in 1 2 3 4; do
			while kill -0 $vmm_pid; do
				for wish in "plug $((2 + RANDOM % 6))" "unplug $((2 + RANDOM % 6))" "raise $((0x40000000 + RANDOM % 3)) $client" status; do
					# shellcheck disable=SC2086 # two words
					"$scratch/$1/bare-garbage" control "$scratch/socket" $wish
				done
			done > "$scratch/client" 2>&1 &
		done
		wait $vmm_pid || return 1
		wait
	done
	grep -c 'calls, and the VMM is there' "$log"
	! grep '^not ok' "$log"
}
native_image "$scratch/stress"
for variant in asan tsan; do
	check "$variant: calls at random and control clients at a time" stress $variant
	check "$variant: ... nothing found" no_finding "$logs/native-stress-$variant.log"
done

# How the files stand to each other
objects() { printf "$plain/%s.o\n" $(cd "$top/vmm" && basename -s .c -- *.c); }
# shellcheck disable=SC2046 # words
check 'no circle among the files of vmm/, and none uses main.c' "$top/tests/lib/circles" $(objects)
# shellcheck disable=SC2317 # called by check
small() { (cd "$top/vmm" && wc -l -- * | sort -n | awk '{ print } $2 == "total" ? $1 > 4900 : $1 > 450 { bad = 1 } END { exit bad }'); }
check 'vmm/ has at most 4,900 lines, and no file over 450' small

# A fault that each has to find, in the program that has just run without one
plant() { rm -rf "$scratch/planted"; cp -r "$top/vmm" "$scratch/planted"; perl -0pi -e "$2" "$scratch/planted/$1"; ! cmp -s "$top/vmm/$1" "$scratch/planted/$1"; }
# shellcheck disable=SC2016 # perl's
race()
{
	plant vcpu.c 's/(\nstatic bool hypercall\()/\nstatic unsigned long planted;\n$1/; s/(\tcall_read\(vcpu, &served\);\n)/$1\tplanted++;\n/'
	grep -c planted "$scratch/planted/vcpu.c" | grep -x 2
	build_native "$scratch/planted.out" thread "$scratch/planted"
	native_guests "$scratch/planted.out" "$scratch/planted.log"
	grep 'WARNING: ThreadSanitizer: data race' "$scratch/planted.log"
}
check 'TSan finds a race that is put there' race
# shellcheck disable=SC2016 # perl's
after_free()
{
	plant image.c 's/(\t\*end = offset \+ size);/\tfree(kernel.data);\n$1 + kernel.data[0];/'
	build_native "$scratch/planted.out2" address,undefined "$scratch/planted"
	native_guests "$scratch/planted.out2" "$scratch/planted.log"
	grep 'ERROR: AddressSanitizer: heap-use-after-free' "$scratch/planted.log"
}
check 'ASan finds a use after free that is put there' after_free

# results_of LOG: its results are ours
results_of()
{
	local line
	while IFS= read -r line; do
		case $line in
		'ok '*) ok "${line#ok * - }" ;;
		'not ok '*) not_ok "${line#not ok * - }" ;;
		esac
	done < "$1"
	check '... and all of it was tried' grep -q "^1\.\.$(grep -c '^\(not \)\?ok' "$1")\$" "$1"
}

# Bad input
mkdir "$scratch/bad"
native_image "$scratch/bad/Image"
echo nothing > "$scratch/bad/initrd"
(cd "$scratch/bad" && vmm=$asan/bare-services sh "$top/tests/native/errors" < /dev/null) > "$logs/native-errors.log" 2>&1
results_of "$logs/native-errors.log"

# vmm ARGUMENT...: what it says; its exit status is in $scratch/status
vmm()
{
	local status=0
	(cd "$scratch/bad" && timeout -s KILL 20 "$asan/bare-services" --kernel Image "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null) || status=$?
	sed -i "/WARNING: ASan doesn't fully support makecontext/d" "$scratch/err"
	echo $status > "$scratch/status"
}
said() { cat "$scratch/err"; grep -qxF -e "$1" "$scratch/err"; }
status() { [ "$(cat "$scratch/status")" = "$1" ]; }

export NATIVE_KVM=filter
vmm
check 'no filter: PSCI stays in KVM' said 'vmm: this kernel has no SMCCC filter; PSCI stays in KVM'
for arguments in '--psci user' '--filter 0xc3000000+1=deny' --show-filter; do
	# shellcheck disable=SC2086 # words
	vmm $arguments
	check "no filter: $arguments is refused" said "vmm: this kernel has no SMCCC filter, which ${arguments%% 0x*} needs"
	check '... with exit status 2' status 2
done
export NATIVE_KVM=statistics
vmm --filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny
check 'no statistics: the guest runs all the same' status 0
unset NATIVE_KVM

# Who is slow delays nobody else. start NAME ARGUMENT...: the VMM with that guest, in
# the background; ask COMMAND...: what the control socket answers
start()
{
	local name=$1; shift
	rm -f "$scratch/socket"
	(cd "$scratch/bad" && exec timeout -s KILL 60 "$plain/$name" --control "$scratch/socket" "$@") < /dev/null > "$scratch/out" 2> "${ERR:-$scratch/err}" &
	vmm_pid=$!
	until [ -S "$scratch/socket" ] || ! kill -0 $vmm_pid 2> /dev/null; do :; done
}
ask() { timeout 10 "$plain/bare-psci" control "$scratch/socket" "$@"; }
# ended: waits until it has, and keeps its exit status as vmm does
ended() { local status=0; wait "$vmm_pid" || status=$?; echo $status > "$scratch/status"; }
stop() { kill "$vmm_pid" 2> /dev/null; wait "$vmm_pid" || true; }
# becomes PATTERN: status answers, each time, until it is that
becomes()
{
	local answer
	while :; do
		answer=$(ask status) || [[ $answer == *'about to start'* ]] || { echo "no answer: $answer"; return 1; }
		# shellcheck disable=SC2254 # a pattern
		case $answer in $1) return 0 ;; esac
	done
}

mkfifo "$scratch/hold" "$scratch/kernel" "$scratch/trace"
HOLD_INIT=$scratch/hold start bare-garbage --kernel Image --cpus 4
check 'while the reset of vCPU 1 is held back, others go on and are on' becomes 'ok 0:on 1:pending 2:on 3:on'
timeout 10 sh -c ": > '$scratch/hold'" || stop
ended
check '... and the guest comes to its end' status 0

start bare-services --kernel "$scratch/kernel" --filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny
timeout 10 sh -c "exec 8> '$scratch/kernel'; timeout 5 '$plain/bare-psci' control '$scratch/socket' status; cat '$scratch/bad/Image' >&8" > "$scratch/answer" 2>&1 || stop
check 'while the kernel is read from a pipe, status is answered' grep 'error: the machine is about to start' "$scratch/answer"
ended
check '... and the guest comes to its end' status 0

exec 7<> "$scratch/trace"
# shellcheck disable=SC2016 # perl's
timeout 10 perl -e 'use Fcntl; open my $f, "+<", $ARGV[0] or die; fcntl $f, F_SETFL, O_NONBLOCK; 1 while syswrite $f, "x" x 4096; 1 while syswrite $f, "x"' "$scratch/trace"
ERR=$scratch/trace start bare-garbage --kernel Image --cpus 4 --trace
check 'while nobody reads what --trace prints, status is answered' becomes 'ok 0:on 1:on *'
stop
exec 7>&-

# Hosts. dump BOOT PATTERN: it is in what a boot's device tree has
own='--filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny'
dump() { grep -aq -e "$2" "$scratch/dump.$1"; }
export DUMP=$scratch/dump
# shellcheck disable=SC2086 # words
NATIVE_KVM=gicv3 vmm $own
check 'a host without a GICv3: the guest runs with a GICv2' status 0
check '... which its device tree has' dump 1 arm,cortex-a15-gic
NATIVE_KVM=gicv3 vmm --cpus 9
check '... with at most 8 CPUs' said 'vmm: --max-cpus 9: this host lends a GICv2 alone, which has 8 CPUs at most'
# shellcheck disable=SC2086
NATIVE_KVM=ipa-40 vmm $own
check 'a host with 36 bits of guest address: the guest runs' status 0
check '... both of its counters start at 0' dump 1 '^counters 0 0$'
check '... and it has SVE' dump 1 '^sve 1$'
check '... and a PMU, whose interrupt is 23' dump 1 '^pmu 23$'
# shellcheck disable=SC2086
NATIVE_KVM=sve,ptimer,pmu vmm $own
check 'a host whose kernel does not list the physical counter: both are as they are' dump 1 '^counters 1000 1001$'
check '... nor has it SVE: nor has the guest' dump 1 '^sve 0$'
check '... nor a PMU: nor has the guest' dump 1 '^pmu 0$'
check '... and its device tree has none' sh -c "! grep -aq pmuv3 '$scratch/dump.1'"
# shellcheck disable=SC2086
vmm $own --compatible 6.1
check 'a guest that is to go to 6.1 has no PMU' dump 1 '^pmu 0$'
NATIVE_KVM=ipa-40 vmm --memory 65536
check "... and memory beyond them is refused" said "vmm: --memory 65536: this host's VMs have 36 bits of address, which is 63488 at most"
unset DUMP

if [ "$(nproc)" -gt 1 ]; then
	# shellcheck disable=SC2086
	NATIVE_KVM=one-kind vmm $own
	check 'two kinds of CPU: the start says how to pin' grep -xE 'vmm: this host has more than one kind of CPU; keep the VMM on one: taskset -c [0-9]+(,[0-9]+)*' "$scratch/err"
else
	skip 'two kinds of CPU: this machine has one CPU'
fi
FAIL_INIT=off-cpu start bare-garbage --kernel Image --cpus 4
ended
check 'two kinds of CPU: a reset that fails is repeated where the first one was' status 0
FAIL_INIT=always start bare-garbage --kernel Image --cpus 4
check '... and if it fails there, that vCPU stays off, and the guest goes on' becomes 'ok 0:on 1:off 2:on 3:on'
check '... with one line that says why' grep -c '^vmm: vCPU 1 stays off: KVM_ARM_VCPU_INIT: Invalid argument; .*taskset' "$scratch/err"
stop

# Kernels. zboot TYPE FILE: an EFI program that unpacks a kernel, which FILE has packed
zboot() { perl -e 'local $/; my $p = <STDIN>; print pack("a4 a4 V V V V a32 V", "MZ", "zimg", 64, length $p, 0, 0, $ARGV[0], 0), "\0" x 4, $p' "$1" < "$2"; }
cp "$scratch/bad/Image" "$scratch/bad/plain"
gzip -k "$scratch/bad/plain"
zboot gzip "$scratch/bad/plain.gz" > "$scratch/bad/zboot"
head -c 100 "$scratch/bad/zboot" > "$scratch/bad/zboot.cut"
head -c 40 "$scratch/bad/plain.gz" > "$scratch/bad/gzip.cut"
zstd -q < "$scratch/bad/plain" > "$scratch/bad/zstd"
zboot zstd "$scratch/bad/zstd" > "$scratch/bad/zboot.zstd"
head -c 20 "$scratch/bad/zstd" > "$scratch/bad/zstd.cut"
printf '\050\265\057\375 and more' > "$scratch/bad/zstd.bad"
head -c 20M /dev/zero | zstd -q > "$scratch/bad/zstd.large"
xz -k "$scratch/bad/plain"
zboot xzkern "$scratch/bad/plain.xz" > "$scratch/bad/zboot.xz"
perl -e 'print pack("VVQ<Q<Q<Q<Q<Q<VV", 0, 0, 0x1234000, 0, 0xa, 0, 0, 0, 0x644d5241, 0), "\0" x 4096' > "$scratch/bad/old"
perl -e 'print pack("VVQ<Q<Q<Q<Q<Q<VV", 0, 0, 0x200000, 0x300000, 0xa, 0, 0, 0, 0x644d5241, 0), "\0" x 4096' > "$scratch/bad/offset"
export DUMP=$scratch/dump
boots() { rm -f "$scratch/dump.1"; vmm --kernel "$1" $own; status 0 && dump 1 "^pc $2\$"; }
check 'a kernel that gzip packed boots' boots plain.gz 0x80000000
check 'an EFI zboot kernel boots' boots zboot 0x80000000
check 'a kernel that zstd packed boots' boots zstd 0x80000000
check '... in an EFI zboot image, too' boots zboot.zstd 0x80000000
check 'text_offset is from the start of RAM' boots offset 0x80200000
check '... and 0x80000 where image_size is 0' boots old 0x80080000
unset DUMP
refused() { vmm --kernel "$1"; status 1 && said "vmm: $1: $2"; }
# shellcheck disable=SC2086 # words
refused_with() { vmm $1 --kernel "$2"; status 1 && said "vmm: $2: $3"; }
check 'xz is refused by name' refused plain.xz 'its format is xz; make an Image of it (unxz)'
check '... in an EFI zboot image, too' refused zboot.xz 'its format is xz in an EFI zboot image; make an Image of it (unxz)'
check 'a zstd file that is cut off' refused zstd.cut 'cannot be unpacked: it is cut off'
check '... that is none' refused zstd.bad 'cannot be unpacked: Data corruption detected'
check '... that is larger than the memory' refused_with '--memory 16' zstd.large 'does not fit into --memory 16'
check 'an EFI zboot image that is cut off' refused zboot.cut 'an EFI zboot image that is cut off'
check 'a gzip file that is cut off' refused gzip.cut 'cannot be unpacked: it is cut off'

# What booted boots again, wherever it came from
mkfifo "$scratch/keys" "$scratch/again"
exec 6<> "$scratch/keys"
cp "$scratch/bad/Image" "$scratch/bad/changing"
(cd "$scratch/bad" && DUMP=$scratch/dump exec timeout -s KILL 20 "$plain/bare-console" --kernel "$scratch/again" --initrd changing < "$scratch/keys" > "$scratch/console" 2> "$scratch/err") &
vmm_pid=$!
cat "$scratch/bad/Image" > "$scratch/again"
until grep -q ready "$scratch/console"; do :; done
echo nothing > "$scratch/bad/changing"
printf r >&6
until [ "$(grep -c ready "$scratch/console")" = 2 ]; do kill -0 $vmm_pid 2> /dev/null || break; done
printf q >&6
ended
exec 6>&-
check 'a reset boots what came from a pipe or has changed since' status 0
seeds() { perl -0777 -ne 'for my $name ("kaslr-seed", "rng-seed") { /\Q$name\E\0/ or exit 1 }' "$1"; }
check 'its device tree has seeds' seeds "$scratch/dump.1"
check '... others after the reset' sh -c "! cmp -s '$scratch/dump.1' '$scratch/dump.2' && [ -e '$scratch/dump.2' ]"

wait $moves_pid
results_of "$logs/native-moves.log"
moved_seed=$(sed -n 's/^# seed \(.*: .*\)/\1/p' "$logs/native-moves.log")
check 'TSan: moves find no race' eval "grep '^1\.\.' '$logs/native-moves-tsan.log' && ! grep '^not ok' '$logs/native-moves-tsan.log'"
wait $surroundings_pid
results_of "$logs/native-surroundings.log"

# Each of the first requests fails in turn, up to the first KVM_RUN and beyond it
bad=
for ((nr = 1; nr <= 60; nr++)); do
	FAIL_AT=$nr vmm
	case $(cat "$scratch/status") in
	1)	[ "$(grep -c '^vmm: .*' "$scratch/err")" = 1 ] && [ "$(wc -l < "$scratch/err")" = 1 ] || bad+=" $nr: $(head -n 3 "$scratch/err")" ;;
	0 | 2)	;;
	*)	bad+=" $nr: status $(cat "$scratch/status") $(tail -n 2 "$scratch/err")" ;;
	esac
done
[ -z "$bad" ] && ok 'each of 60 requests that fails gives one line, or does not matter' || { not_ok 'each of 60 requests that fails gives one line, or does not matter'; diag <<< "$bad"; }

figure "ASan with UBSan, TSan, by synced registers and without; damaged files by seed $moved_seed"
finish

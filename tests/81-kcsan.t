#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# No data race in what the series touches: the selftests, the VMM's guests and
# a stress of VMs by tests/guest/fuzz.c in a kernel with KCSAN. A report fails that has
# a function which the series adds, or in its title one that it changes, unless
# tests/lists/races says why it is none of its own. Before that a race is found that is
# put there.
# Uses: kernel:series:kcsan kernel:series:host selftests:series vmm:series guests code:base code:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"

ready
guests
guest_image=$image
kernel "$series_commit" kcsan
selftests "$series_commit"

# reports LOG: what KCSAN said, each report on one line, as "TITLE: " and the
# five innermost functions of both stacks: further out is whoever called the
# scheduler or a lock
reports()
{
	sed -nE 's/^=== log: (\[[^]]*\] ?)*//p' "$1" | awk '
		/^BUG: KCSAN: / { title = $0; sub(/.* in /, "", title); stack = ""; next }
		/^=========/ { if (title) print title ":" stack; title = ""; next }
		/^[a-z]/ { depth = 0 }
		title && /^ [a-z_]/ && depth++ < 5 { sub(/\+.*/, ""); stack = stack $0 }'
}

# The functions that the series adds, and those in which it changes something.
# Static ones are inlined into kvm_smccc_call_handler(), which 6.12 has already.
touched() { git_linux diff -U0 base "$series_commit" -- arch/arm64/kvm; }
changes=$(touched | sed -nE 's/^(@@.*@@ .*|\+[a-z][^=]*)\b(\w+)\(.*/\2/p' | sort -u)
adds=$(grep -vwFf <(git_linux grep -howE '\w+' base -- arch/arm64/kvm include) <<< "$changes"; echo kvm_smccc_call_handler)

# ours LOG: the reports that are about them, without what tests/lists/races names
ours()
{
	{
		reports "$1" | grep -wFf <(echo "$adds") || true
		reports "$1" | grep -wE "^[^:]*($(paste -sd'|' <<< "$changes"))" || true
	} | sort | uniq -c | grep -vFf <(sed -n 's/ -- .*//p' "$top/tests/lists/races")
}

# The console has nothing but the programs' output: the reports are in the log
# at its end
# shellcheck disable=SC2034 # the machine's
CPUS=4 APPEND="loglevel=1 log_buf_len=32M"

# A counter that nothing protects, in a function that the series does not have
plant()
{
	fragments kcsan
	checkout "$series_commit"
	perl -0pi -e 's/(\nint kvm_smccc_call_handler\()(.*?\n\{\n.*?\n)(\n)/\nstatic unsigned long planted;\nstatic noinline void plant(void)\n{\n\tplanted++;\n}\n$1$2\tplant();\n$3/s' \
		"$linux/arch/arm64/kvm/hypercalls.c"
	git_linux diff --stat | grep hypercalls.c
	step -l "$logs/kcsan-build.log" 'planting a race' \
		build_image "$build/obj/kcsan-$version" "${fragments[@]}"
	git_linux checkout -q --force "$series_commit"
}
check 'a race can be planted' plant
planted_image=$build/obj/kcsan-$version/arch/arm64/boot/Image

# A fuzzer that runs as long has to find it
selftests_job "$scratch/planted"
program "$scratch/planted" fuzz.c "${KCSAN_SECONDS:-300}" 0 "${SEED:-}"

mapfile -t programs < <(own_selftests "$selftests")
check "the series' selftests are there" [ ${#programs[@]} != 0 ]
selftests_job "$scratch/selftests" "${programs[@]}"
program "$scratch/selftests" fuzz.c "${KCSAN_SECONDS:-300}" 0 "${SEED:-}"
vmm_files "$scratch/vmm"
every_bare_guest "$scratch/vmm"
cpus_guest "$scratch/vmm" 8 20
echo 'echo === all done' >> "$scratch/vmm/job"

run()
{
	local kernel=$image
	[ "$1" != planted ] || kernel=$planted_image
	echo 'grep . /sys/kernel/debug/kcsan' >> "$scratch/$1/job"
	job vhe "$kernel" "$scratch/$1" 2400 > "$logs/kcsan-$1.log" || true
}
say "  running the selftests, the VMM's guests and the planted race in the kernel that looks for data races, two at a time"
machine_files
in_parallel run selftests vmm planted
found() { ours "$logs/kcsan-planted.log" | grep -w plant; }
check 'finds a race in a function that one of the series calls' found
for name in selftests vmm; do
	log=$logs/kcsan-$name.log
	grep -v 'BUG: KCSAN' "$log" > "$scratch/log"
	results "$scratch/log" "$name"
	check "$name: KCSAN was at work" grep -qE '^watchpoint|setup_watchpoints: [1-9]' "$log"
	reports "$log" | sed 's/:.*//' | sort | uniq -c | diag
	none() { ! ours "$log"; }
	check "$name: no data race in what the series adds or changes" none
done

figure "$(reports "$logs/kcsan-selftests.log" | sed 's/:.*//' | sort -u | wc -l) kinds of races elsewhere, none in the series"
finish

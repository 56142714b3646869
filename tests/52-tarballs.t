#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make headers, make kselftest and make quilt: what they make is complete, and
# works where nothing else is.
# Uses: patches kernel:series:host selftests:series machine deb:quilt
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/cost.sh"
# In the tarball are $top/scripts/guest/runner-functions.sh, $top/scripts/guest/timeout.sh,
# $top/scripts/guest/run-kvm-tests.sh, $top/scripts/guest/README, $top/tests/lists/base-failures;
# $top/bench/time.c with $top/bench/calls.h has to agree with $top/bench/cost.tsv

use_source
need_compiler
need quilt
kernel "$series_commit" host
selftests "$series_commit"

# made SCRIPT: run it, twice; what package.sh packs is the same bytes both times
# They are $top/scripts/headers.sh, $top/scripts/kselftest.sh, $top/scripts/quilt.sh
made()
{
	"${top}/scripts/$1"
	[ "$1" != quilt.sh ] || return 0
	tarball=$build/smccc-filter-${1%.sh}-$version.tar.gz
	cp "$tarball" "$scratch/first"
	"${top}/scripts/$1"
	cmp "$tarball" "$scratch/first"
	tar -xf "$tarball" -C "$scratch"
}

# What the base has not: that of 6.12 has a filter
word=KVM_SMCCC_FILTER_FWD_TO_USER test=smccc_filter
[ "${SERIES:-all}" = core ] || { word=KVM_SYNC_ARM64_SMCCC; test=smccc_filter_sync_regs; }
check 'make headers, the same each time' made headers.sh
uses() { echo '#include <linux/kvm.h>' | "${arm64_cross}gcc" -Werror -isystem "$scratch/smccc-filter-headers-$version/include" -x c -E -dD - | grep "$word"; }
check '... with the filter in them' uses

check 'make kselftest, the same each time' made kselftest.sh
root=$scratch/kselftest
dynamic() { ! file "$root"/kvm/* | grep 'dynamically linked'; }
need file
check '... linked statically' dynamic
check '... with the tests of the series' grep -qx "kvm:$test" "$root/kselftest-list.txt"

complete()
{
	local program
	while read -r program; do [ -x "$root/kvm/${program#kvm:}" ] || { echo "no $program"; return 1; }; done < "$root/kselftest-list.txt"
	diff <(ls "$root/kvm") <( (sed 's/^kvm://' "$root/kselftest-list.txt"; echo settings) | sort)
	[ "$(grep -c . "$root/kselftest-list.txt")" -ge 10 ]
}
check '... and everything that its list names' complete

layout() { for file in run_kselftest.sh run-kvm-tests.sh kselftest/runner.sh VERSION README COPYING smccc_cost; do ls -l "$root/$file"; done; }
check "... in kselftest/, where kselftest's own gen_kselftest_tar.sh puts it" layout
failures() { grep '^[a-z_-]*: ' "$root/base-failures" && ! cut -d: -f1 "$root/base-failures" | sed 's/^/kvm:/' | grep -vxFf "$root/kselftest-list.txt"; }
check '... and what fails on the base, with the reason' failures

# A copy with three tests that pass, and made-up ones. The made-up ones are for any
# machine: on this one they run by Debian's sh, in the other by busybox's.
fake=$scratch/fake/kselftest
mkdir "$scratch/fake"
cp -r "$root" "$fake"
grep -xE 'kvm:(hypercalls|psci_test|smccc_filter)' "$root/kselftest-list.txt" > "$fake/three"
nr=$(grep -c . "$fake/three")
# made_up NAME LINE...: a test of shell
made_up() { printf '%s\n' '#!/bin/sh' "${@:2}" > "$fake/kvm/$1"; chmod +x "$fake/kvm/$1"; echo "kvm:$1" >> "$fake/kselftest-list.txt"; }
cp "$fake/three" "$fake/kselftest-list.txt"
made_up failed 'echo it is wrong' 'exit 254'
# shellcheck disable=SC2016 # for the shell there
made_up killed 'kill -9 $$'
made_up skipped 'exit 4'
made_up slow 'sleep 1000 & sleep 1000'
made_up talks 'echo the first line' 'sleep 6' 'echo the last line'
echo 'failed: it has to' >> "$fake/base-failures"
for cpu in 0 1 2; do
	mkdir -p "$fake/cpus/cpu$cpu/regs/identification"
	echo "0x00000000410fd0$((cpu == 1))3" > "$fake/cpus/cpu$cpu/regs/identification/midr_el1"
done
mkdir "$fake/bin"
printf '%s\n' '#!/bin/sh' 'echo "lava: $*"' > "$fake/bin/lava-test-case"
chmod +x "$fake/bin/lava-test-case"
cat > "$fake/../job" <<'END'
# Whatever is printed next is in the file at once, though it is no terminal
run()
{
	echo "=== run $*"
	start=$(date +%s)
	"$where/run-kvm-tests.sh" "$@"
	status=$?
	echo "=== took $(($(date +%s) - start)) s"
	echo "=== status $status"
}
run -t kvm:skipped
run -t kvm:failed
run -t kvm:killed -t kvm:skipped -t kvm:skipped -t kvm:skipped -t kvm:skipped -t kvm:skipped -t kvm:skipped
sed -i s/120/2/ "$where/kvm/settings"
run -t kvm:slow
run -t kvm:nobody
run -l
run -h
sed -i s/=2/=120/ "$where/kvm/settings"
CPU_DIR=$where/cpus run -t kvm:talks
echo '=== run in parts'
"$where/run-kvm-tests.sh" -t kvm:talks > "$where/out" 2>&1 &
sleep 3
cat "$where/out"
echo '=== status of a part'
wait
PATH=$where/bin:$PATH
run -t kvm:killed -t kvm:skipped
END
# judge NAME LOG: what the made-up tests have to print on either
judge()
{
	local name=$1 log=$2
	# in_run N PATTERN STATUS: the Nth run has the line and ends with the status
	in_run()
	{
		local text
		text=$(awk -v n="$1" '/^=== run/ { i++ } i == n' "$log" | sed '/^=== status/q')
		grep -qxE "$2" <<< "$text" && grep -qx "=== status $3" <<< "$text" || { echo "$text" | tail -n 20; return 1; }
	}
	check "$name: a test that is skipped: status 4" in_run 1 'ok 1 selftests: kvm: skipped # SKIP *' 4
	check "$name: ... and a line for log parsers" in_run 1 '# result: skipped skip 4' 4
	check "$name: an assertion that fails: status 1" in_run 2 'not ok 1 selftests: kvm: failed # exit=254 *' 1
	check "$name: ... with its own output" in_run 2 '# it is wrong' 1
	check "$name: ... which parsers see" in_run 2 '# result: failed fail 254' 1
	check "$name: ... and the reason, where the base fails" in_run 2 '# failed fails on the base as well: it has to' 1
	check "$name: a test that is killed: status 1, and by what" in_run 3 '# result: killed killed 137' 1
	check "$name: ... and the next one runs" in_run 3 'ok 2 selftests: kvm: skipped # SKIP *' 1
	# 120 s is the timeout of a test
	check "$name: ... and nothing waits for the timeout of a test that has ended" in_run 3 '=== took [0-9]?[0-9] s' 1
	check "$name: a test that does not end: status 1" in_run 4 '# result: slow timeout 2' 1
	check "$name: no such test: status 2" in_run 5 "No such test 'kvm:nobody'" 2
	check "$name: -l lists the tests: status 0" in_run 6 'kvm:talks' 0
	listed() { ! awk '/^=== run/ { i++ } i == 6' "$log" | grep -vE '^(===|kvm:[a-z_]+$)'; }
	check "$name: ... and prints nothing else" listed
	check "$name: -h: status 0" in_run 7 ' *-t \| --test COLLECTION:TEST.*' 0
	check "$name: two kinds of CPU: it keeps to one" in_run 8 '# this machine has CPUs of several kinds; the test runs on CPUs 0,2' 0
	check "$name: a line is there when it is printed" in_run 9 '# the first line' 'of a part'
	last() { ! awk '/^=== run/ { i++ } i == 9' "$log" | grep 'last line'; }
	check "$name: ... not when the test ends" last
	check "$name: LAVA's shell gets each result" in_run 10 'lava: skipped --result skip' 1
	check "$name: ... and what kills a test" in_run 10 'lava: killed --result fail --measurement 137 --units killed' 1
}

where=$fake sh "$scratch/fake/job" > "$scratch/native.log" 2>&1
judge "Debian's sh" "$scratch/native.log"

# A machine that has busybox and the tarball
mkdir "$scratch/job.d"
cp -r "$fake" "$scratch/job.d/kselftest"
{
	echo 'where=/kselftest'
	cat "$scratch/fake/job"
	cat <<-'END'
	cp /kselftest/three /kselftest/kselftest-list.txt
	run
	run --skip-known
	rm /dev/kvm
	run -t kvm:smccc_filter
	echo === all done
	END
} > "$scratch/job.d/job"
echo 'hypercalls: left out here' >> "$scratch/job.d/kselftest/base-failures"
log=$logs/kselftest.log
job vhe "$image" "$scratch/job.d" 600 > "$log" || true
judge busybox "$log"
check 'three tests that pass: status 0' in_run 11 "# [0-9]+ passed, 0 failed, [0-9] skipped, of $nr" 0
check '... with the plan of all three' in_run 11 "1\.\.$nr" 0
check '--skip-known leaves a test out' in_run 12 '# left out: hypercalls: left out here' 0
left() { ! awk '/^=== run/ { i++ } i == 12' "$log" | grep 'result: hypercalls'; }
check '... which does not run' left
check 'no /dev/kvm: skipped' in_run 13 'ok 1 selftests: kvm: smccc_filter # SKIP *' 4

# smccc_cost where one instruction is a nanosecond: it has to find what bench/ counted
mkdir "$scratch/cost.d"
cp "$root/smccc_cost" "$scratch/cost.d"
printf '%s\n' '/smccc_cost 20 100' '/smccc_cost 20 1' '/smccc_cost nonsense' 'echo "=== status $?"' > "$scratch/cost.d/job"
initrd "$scratch/cost.d" "$scratch/cost.cpio"
CPUS=1 CPU=pmu=off,sve=off APPEND='random.trust_cpu=0 random.trust_bootloader=0' machine vhe "$image" "$scratch/cost.cpio"
used machine
timeout 300 "${qemu[@]}" -icount shift=0,sleep=off < /dev/null 2>&1 | tr -d '\r' > "$logs/smccc_cost.log" || true
column=${series_dir##*/}-series-vhe
# found NAME: the minimum of that row in the first run, and what is published of it
found()
{
	local ours theirs
	ours=$(awk -v name="$1" 'index($0, name) == 1 { $0 = substr($0, 37); print $1; exit }' "$logs/smccc_cost.log")
	theirs=$(value "$published" "$1" "$column")
	echo "$1: $ours ns, $theirs instructions"
	awk -v a="${ours:-0}" -v b="$theirs" 'BEGIN { exit !(b == "-" ? a == "-" : a > b * 0.97 && a < b * 1.03) }'
}
rows=('handled, no filter' 'handled, same owner, 1000' 'denied, 1' 'forwarded, one-reg, 7')
[ "${SERIES:-all}" = core ] || rows+=('forwarded, args, 7' 'forwarded, sync-regs, 7')
for row in "${rows[@]}"; do check "smccc_cost: $row" found "$row"; done
check 'smccc_cost says how fine the counter is' grep -qx '# The counter has 62.5 MHz: one tick is 16.0 ns' "$logs/smccc_cost.log"
# One call takes fewer than 100 ticks of 16 ns in the second run, on 6.1 and 6.12
marks()
{
	awk '/^(handled|denied|forwarded), / {
		$0 = substr($0, 37)
		if ($1 == "-") next
		if (($1 * $5 < 1600) != ($6 == "coarse")) { print; bad = 1 }
		rows++
	}
	END { exit bad || rows < 30 }' "$logs/smccc_cost.log"
}
[ "${SERIES:-all}" = core ] || check '... and marks the cases for which that is too coarse' marks
heading() { grep -F -f <(grep -m 1 "^nanoseconds" "$logs/smccc_cost.log") "$top/docs/hardware.md"; }
check '... in columns that docs/hardware.md shows' heading
check 'smccc_cost with a wrong argument: status 1' grep -qx '=== status 1' "$logs/smccc_cost.log"

# Debian's way to apply patches
check 'make quilt' made quilt.sh
pushes()
{
	local tree=$scratch/quilt
	mkdir -p "$tree/debian/patches"
	git_linux archive base $(git_linux diff --name-only --diff-filter=a base "$series_commit") | tar -x -C "$tree"
	# shellcheck disable=SC2016 # Markdown's
	sed -n '/^```sh quilt$/,/^```$/{ /^```/!p }' "$top/docs/distributions.md" > "$scratch/block"
	(cd "$tree" && quilt=$build/quilt bash -e "$scratch/block")
	(cd "$tree" && QUILT_PATCHES=debian/patches quilt --quiltrc /dev/null push -a --fuzz=0 -q)
	mkdir "$scratch/applied"
	git_linux archive "$series_commit" $(git_linux diff --name-only base "$series_commit") | tar -x -C "$scratch/applied"
	diff -r --exclude=debian --exclude=.pc "$tree" "$scratch/applied"
}
check '... quilt pushes it without fuzz, and it is the series' pushes
fields()
{
	local patch bad=0
	for patch in "$build"/quilt/features/arm64/smccc-filter/*.patch; do
		sed '/^$/q' "$patch" > "$scratch/header"
		for field in From Subject Origin Forwarded Last-Update; do
			grep -q "^$field: ." "$scratch/header" || { echo "${patch##*/}: no $field"; bad=1; }
		done
	done
	return $bad
}
check '... with the headers of DEP-3' fields

finish

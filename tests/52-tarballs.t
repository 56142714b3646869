#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make headers, make kselftest and make quilt: what they make is complete, and
# works where nothing else is.
# Uses: patches kernel:series:host selftests:series machine deb:quilt
. "$(dirname "$0")/lib/tap.sh"

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
root=$scratch/smccc-filter-kselftest-$version
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

# A machine that has busybox and the tarball, with three of its tests. Four more
# are there that do not pass.
mkdir "$scratch/job.d"
cp -r "$root" "$scratch/job.d/kselftest"
grep -xE 'kvm:(hypercalls|psci_test|smccc_filter)' "$root/kselftest-list.txt" > "$scratch/job.d/kselftest/kselftest-list.txt"
nr=$(grep -c . "$scratch/job.d/kselftest/kselftest-list.txt")
cp "$scratch/job.d/kselftest/kselftest-list.txt" "$scratch/job.d/kselftest/all"
for test in failed killed skipped slow; do echo "kvm:$test" >> "$scratch/job.d/kselftest/kselftest-list.txt"; done
(
	cd "$scratch/job.d/kselftest/kvm"
	printf '#!/bin/sh\nexit 254\n' > failed
	printf '#!/bin/sh\nkill -9 $$\n' > killed
	printf '#!/bin/sh\nexit 4\n' > skipped
	printf '#!/bin/sh\nsleep 1000\n' > slow
	chmod +x failed killed skipped slow
)
cat > "$scratch/job.d/job" <<'END'
run() { echo "=== run $*"; /kselftest/run-kvm-tests.sh "$@"; echo "=== status $?"; }
cp /kselftest/kselftest-list.txt /kselftest/more
cp /kselftest/all /kselftest/kselftest-list.txt
run
cp /kselftest/more /kselftest/kselftest-list.txt
run -t kvm:skipped
run -t kvm:psci_test -t kvm:skipped
run -t kvm:killed -t kvm:psci_test
run -t kvm:failed
sed -i s/120/3/ /kselftest/kvm/settings
run -t kvm:slow
run -t kvm:nobody
rm /dev/kvm
run -t kvm:smccc_filter
echo === all done
END
log=$logs/kselftest.log
job vhe "$image" "$scratch/job.d" 600 > "$log" || true

# in_run N PATTERN STATUS: the Nth run has the line and ends with the status
in_run()
{
	local text
	text=$(awk -v n="$1" '/^=== run/ { i++ } i == n' "$log" | sed '/^=== status/q')
	grep -qxE "$2" <<< "$text" && grep -qx "=== status $3" <<< "$text" || { echo "$text" | tail -n 20; return 1; }
}
check 'three tests that pass: status 0' in_run 1 "# [0-9]+ passed, 0 failed, [0-9] skipped, of $nr" 0
check '... with the plan of all three' in_run 1 "1\.\.$nr" 0
check 'a test that is skipped: status 4' in_run 2 'ok 1 selftests: kvm: skipped # SKIP' 4
check '... among others: status 0' in_run 3 '# 1 passed, 0 failed, 1 skipped, of 2' 0
check 'a test that is killed: status 1, and by what' in_run 4 \
	'not ok 1 selftests: kvm: killed # exit=137 \(killed by signal 9\)' 1
check '... and the next one runs' in_run 4 'ok 2 selftests: kvm: psci_test' 1
check 'an assertion that fails: status 1' in_run 5 'not ok 1 selftests: kvm: failed # exit=254' 1
check 'a test that does not end: status 1' in_run 6 'not ok 1 selftests: kvm: slow # .*' 1
check 'no such test: status 2' in_run 7 "No such test 'kvm:nobody'" 2
check 'no /dev/kvm: skipped' in_run 8 'ok 1 selftests: kvm: smccc_filter # SKIP' 4

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

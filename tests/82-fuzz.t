#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tests/guest/fuzz.c in the KASAN kernel: 20 minutes and 800,000 ioctls at
# least, without a kernel warning, a leak or a wrong answer, and over 95 % of the lines
# that the series adds. Before that it finds two faults that are put into the
# kernel for it. FUZZ_SECONDS= and SEED= change the run.
# Uses: kernel:series:kasan headers:series code:base code:series machine
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
[ "$host" = arm64 ] || need gcc-12-aarch64-linux-gnu
seconds=${FUZZ_SECONDS:-1200}
headers_of "$series_commit" arm64

# fuzz NAME SECONDS IOCTLS: a run on $image, with its console in the log of that
# name. A slow machine has three times as long for the ioctls.
fuzz()
{
	rm -rf "$scratch/job.d"
	selftests_job "$scratch/job.d"
	program "$scratch/job.d" fuzz.c "$2" "$3" "${SEED:-}"
	before_the_end "$scratch/job.d" "$leaks"
	before_the_end "$scratch/job.d" "$counters"
	job vhe "$image" "$scratch/job.d" $(($2 * 3 + 300)) > "$logs/$1.log" || true
}

# finds NAME SUBSTITUTION PATTERN: the console shows PATTERN once hypercalls.c
# has the fault. The run ends there, mostly within a minute; that is chance.
finds()
{
	kernel "$series_commit" kasan
	fragments kasan
	checkout "$series_commit"
	perl -0pi -e "$2" "$linux/arch/arm64/kvm/hypercalls.c"
	[ -n "$(git_linux status --porcelain -uno)" ] || { echo 'changes nothing'; return 1; }
	step -l "$logs/fuzz-$1-build.log" "planting a fault: $1" \
		build_image "$build/obj/kasan-$version" "${fragments[@]}"
	git_linux checkout -q --force "$series_commit"
	image=$build/obj/kasan-$version/arch/arm64/boot/Image
	selftests_job "$scratch/planted"
	program "$scratch/planted" fuzz.c 600 0 "${SEED:-}"
	job vhe "$image" "$scratch/planted" 1200 "$3" > "$logs/fuzz-$1.log" || true
	grep -m 1 -E "$3" "$logs/fuzz-$1.log"
}

check 'finds an owner that is not looked up' finds owner \
	's/SZ_16M/SZ_32M/' '^not ok .* call '
# shellcheck disable=SC2016 # perl's
check 'finds a walk that nothing locks' finds lock \
	's/(smccc_(?:filter_get|get_filter)\(.*?)\tmutex_lock\(&kvm->arch\.config_lock\);\n(.*?)\tmutex_unlock\(&kvm->arch\.config_lock\);\n/$1$2/s' \
	'WARNING: |BUG: KASAN: '

kernel "$series_commit" kasan
say "  fuzzing for $seconds s"
least=$((800000 * seconds / 1200))
fuzz fuzz "$seconds" "$least"
results "$logs/fuzz.log" fuzz
ioctls=$(sed -n 's/^ok .* fuzz: .* programs, \([0-9]*\) ioctls.*/\1/p' "$logs/fuzz.log")
check "at least $least ioctls: ${ioctls:-none}" [ "${ioctls:-0}" -ge "$least" ]

gcov_of "$logs/fuzz.log" "$scratch/gcov"
mkdir -p "$build/coverage"
rm -f "$build/coverage/fuzz"
"$top/tests/lib/coverage" "$top/tests/lists/unreached" "${series_dir##*/}" "$build/coverage/fuzz" \
	<(git_linux diff -U0 base "$series_commit" -- arch virt) "$scratch"/gcov/*.json > /dev/null || true
diag < "$build/coverage/fuzz"
share=$(awk '/^all / { printf "%d", 100 * $2 / $4 }' "$build/coverage/fuzz")
check "at least 95 % of the series' lines: $share %" [ "$share" -ge 95 ]

figure "${ioctls:-no} ioctls, $share % of the lines"
finish

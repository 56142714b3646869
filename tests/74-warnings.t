#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# gcc with W=1, sparse, and clang warn about nothing in KVM that they do not
# warn about in the base, whatever line it is in.
# Uses: code:base code:series each-patch deb:sparse deb:clang deb:clang-19
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
# Linux 7.3 refuses Debian 12's usual clang, which is 14
clang=''
[ "${series_dir##*/}" != 7.3 ] || clang=-19
need sparse "clang$clang" "lld$clang" "llvm$clang"

# compile COMMIT LOG ARGUMENT...
compile()
{
	local obj=$scratch/obj log=$2
	checkout "$1"
	rm -rf "$obj"
	mkdir -p "$obj"
	fragments host
	grep -hv WERROR "${fragments[@]}" > "$scratch/fragments"
	kernel_make "$obj" -s "${@:3}" "KCONFIG_ALLCONFIG=$scratch/fragments" allnoconfig
	kernel_make "$obj" "${@:3}" arch/arm64/kvm/ $lib > "$log" 2>&1 || { tail -n 5 "$log"; return 1; }
	{ grep -E 'warning:|error:' "$log" || true; } | sed -e "s#$linux/##" -E -e 's/:[0-9]+(:[0-9]+)?:/:/' | sort > "$log.warnings"
}

# What a series touches outside KVM
lib=$(git_linux diff --name-only base "$series_commit" -- 'lib/*.c' | sed 's/c$/o/')

# before_and_after NAME ARGUMENT...
before_and_after()
{
	local name=$1; shift
	step -n 120 "$name, the base" compile base "$scratch/$name-base" "$@"
	step -n 120 "$name, the series" compile "$series_commit" "$scratch/$name-series" "$@"
	new() { ! comm -13 "$scratch/$name-base.warnings" "$scratch/$name-series.warnings" | grep .; }
	check "$name: no new warning ($(wc -l < "$scratch/$name-base.warnings") in the base)" new
}

before_and_after W=1 W=1
before_and_after sparse C=2 CF=-D__CHECK_ENDIAN__
before_and_after clang "LLVM=${clang:-1}" "CC=clang$clang" W=1

# Patch by patch, in the directory of the last: KVM, and what else a patch touches
each_patch()
{
	local nr log=$scratch/each-patch
	for ((nr = 1; nr <= $(series | wc -l); nr++)); do
		put_at "$(patch_commit $nr)"
		kernel_make "$scratch/obj" "LLVM=${clang:-1}" "CC=clang$clang" W=1 arch/arm64/kvm/ \
			$lib > "$log" 2>&1 ||
			{ echo "patch $nr"; tail -n 5 "$log"; return 1; }
		{ grep -E 'warning:|error:' "$log" || true; } | sed -e "s#$linux/##" -E -e 's/:[0-9]+(:[0-9]+)?:/:/' | sort > "$log.warnings"
		comm -13 "$scratch/clang-base.warnings" "$log.warnings" | grep . && { echo "patch $nr"; return 1; }
	done
	return 0
}
check 'clang: no new warning with any patch of the series' each_patch

figure "$(cat "$scratch"/*-base.warnings | wc -l) warnings in the base, none new"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clang-tidy finds no bug in the reference VMM, nor in what its guests run.
# Uses: headers:series deb:clang-tidy
. "$(dirname "$0")/lib/tap.sh"
. "$top/scripts/lib/vmm.sh"

need clang-tidy
use_source
need_compiler
headers_of "$series_commit" arm64
libfdt

checks='-*,bugprone-*,clang-analyzer-*'
# memset and its like, two ints in a row, int to unsigned: not bugs in C
checks+=,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
checks+=,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions
checks+=,-clang-analyzer-optin.performance.Padding
checks+=,-bugprone-reserved-identifier
sysroot=
[ -z "$arm64_cross" ] || sysroot="-isystem /usr/aarch64-linux-gnu/include"

for file in "$top"/vmm/*.c "$top/tests/guest/cpus.c"; do
	# shellcheck disable=SC2086 # two words or none
	check "clang-tidy: ${file#"$top/"}" clang-tidy --quiet --warnings-as-errors='*' "--checks=$checks" "$file" -- \
		--target=aarch64-linux-gnu -std=gnu11 -D_GNU_SOURCE \
		-isystem "$headers/include" -isystem "$libfdt/include" $sysroot
done

finish

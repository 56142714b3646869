#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The installed headers: every constant and offset that a VMM compiles in, for
# arm64 and x86, as C90, C11 and C++; and nothing else in kvm_run has moved.
# Uses: headers:series
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
need g++ libc6-dev
if [ "$host" = amd64 ]; then
	need g++-aarch64-linux-gnu libc6-dev-arm64-cross
else
	need g++-x86-64-linux-gnu libc6-dev-amd64-cross
fi

extensions=()
[ "${SERIES:-all}" = core ] || extensions=(-DEXTENSIONS)
compile() { "$1" -c -o /dev/null -Wall -Wextra -Werror "${extensions[@]}" -isystem "$headers/include" "${@:2}" "$top/tests/guest/uapi.h"; }

for arch in arm64 x86_64; do
	[ $arch = arm64 ] && cross=$arm64_cross || cross=$x86_cross
	headers_of "$series_commit" $arch
	check "$arch: C90" compile "${cross}gcc" -x c -std=c90
	check "$arch: C11" compile "${cross}gcc" -x c -std=c11
	check "$arch: C++" compile "${cross}g++" -x c++ -std=c++11
done

finish

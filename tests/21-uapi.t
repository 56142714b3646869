#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The installed headers: every constant and offset that a VMM compiles in, for
# arm64 and x86, as C90, C11 and C++; and nothing else in kvm_run has moved.
. "$(dirname "$0")/tap.sh"

use_source
need_compiler
need g++ libc6-dev
if [ "$host" = amd64 ]; then
	need g++-aarch64-linux-gnu libc6-dev-arm64-cross
else
	need g++-x86-64-linux-gnu libc6-dev-amd64-cross
fi

# headers COMMIT ARCH DIR
headers()
{
	checkout "$1"
	make -C "$linux" "O=$scratch/obj" ARCH="$2" -s headers_install "INSTALL_HDR_PATH=$3"
}

beyond=()
[ "${SERIES:-all}" = core ] || beyond=(-DBEYOND)
compile() { "$1" -c -o /dev/null -Wall -Wextra -Werror "${beyond[@]}" -isystem "$scratch/$2/include" "${@:3}" "$top/tests/uapi.h"; }

for arch in arm64 x86_64; do
	[ $arch = arm64 ] && cross=$arm64_cross || cross=$x86_cross
	step "installing the headers of $arch" headers "$series_commit" $arch "$scratch/$arch"
	check "$arch: C90" compile "${cross}gcc" $arch -x c -std=c90
	check "$arch: C11" compile "${cross}gcc" $arch -x c -std=c11
	check "$arch: C++" compile "${cross}g++" $arch -x c++ -std=c++11
done

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Software made for Linux 6.12 finds the same filter here: a VMM compiled
# against its headers, and its own selftest of the filter, both unchanged.
. "$(dirname "$0")/tap.sh"

need_compiler

build_peer()
{
	local out=$1 cc=("${arm64_cross}gcc" -Wall -Wextra -Werror -O2 -isystem "$1/headers/include")
	kernel_make "$out/obj" -s headers_install "INSTALL_HDR_PATH=$out/headers"
	"${cc[@]}" -static -o "$out/peer-vmm" "$top/tests/peer-vmm.c"
	"${cc[@]}" -c -o "$out/shim.o" "$top/tests/peer-shim.c"
	make -C "$linux/tools/testing/selftests/kvm" ARCH=arm64 "CROSS_COMPILE=$arm64_cross" \
		"OUTPUT=$out/kvm" "LDFLAGS=-static -Wl,--wrap=ioctl $out/shim.o" "KHDR_INCLUDES=-isystem $out/headers/include" \
		-j"$(nproc)" "$out/kvm/aarch64/smccc_filter"
}

pick_series "$top/patches/6.12"
KERNEL='' use_source
checkout base
mkdir "$scratch/peer"
step "building for Linux $version" build_peer "$scratch/peer"

pick_series "$top/patches/${LINUX:-6.1}"
use_source
kernel "$series_commit" host
selftests=$scratch/peer
mv "$selftests/kvm/aarch64/smccc_filter" "$selftests/smccc_filter-6.12"
selftests_job "$scratch/job.d" peer-vmm smccc_filter-6.12
for mode in vhe novhe; do
	job "$mode" "$image" "$scratch/job.d" > "$logs/peer-$mode.log" || true
	results "$logs/peer-$mode.log" "$mode"
	check "$mode: 6.12's own smccc_filter passes" grep -qx '=== end smccc_filter-6.12 0' "$logs/peer-$mode.log"
done

finish

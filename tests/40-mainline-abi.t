#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Software made for Linux 6.12 finds the same filter here: a VMM compiled
# against its headers, and its own selftest of the filter, both unchanged.
# Uses: 6.12/base kernel:series:host machine
. "$(dirname "$0")/lib/tap.sh"

need_compiler
need ccache xz-utils

build_mainline()
{
	local out=$1 cc=("${arm64_cross}gcc" -Wall -Wextra -Werror -O2 -isystem "$headers/include")
	unpack_source "$source_deb" "$linux" Makefile Kbuild arch/arm64 include scripts tools usr
	install_headers arm64 "$headers"
	"${cc[@]}" -static -o "$out/mainline-vmm" "$top/tests/guest/mainline-vmm.c"
	"${cc[@]}" -c -o "$out/shim.o" "$top/tests/guest/mainline-shim.c"
	selftests_make "$out/kvm" "LDFLAGS=-static -Wl,--wrap=ioctl $out/shim.o" "$out/kvm/aarch64/smccc_filter"
	mv "$out/kvm/aarch64/smccc_filter" "$out/smccc_filter-6.12"
}

# The parts of 6.12 that these are built from
lock
pick_series "$top/patches/6.12"
own_source=${SOURCE:-} SOURCE=''
KERNEL='' pick_version
fetch_source "$package" "$version"
linux=$scratch/linux-$version headers=$scratch/headers
mkdir "$scratch/mainline"
step "building for Linux $version" build_mainline "$scratch/mainline"

SOURCE=$own_source
pick_series "$top/patches/${LINUX:-6.1}"
use_source
kernel "$series_commit" host
selftests=$scratch/mainline
run_mode()
{
	selftests_job "$scratch/$1.d" mainline-vmm smccc_filter-6.12
	job "$1" "$image" "$scratch/$1.d" > "$logs/mainline-$1.log" || true
}
machine_files
in_parallel run_mode vhe cortex-a72
for mode in vhe cortex-a72; do
	results "$logs/mainline-$mode.log" "$mode"
	check "$mode: 6.12's own smccc_filter passes" grep -qx '=== end smccc_filter-6.12 0' "$logs/mainline-$mode.log"
done

finish

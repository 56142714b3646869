#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Other ways to build the whole series: pages of 16 and 64 KiB, where the
# selftests run too, and KVM with Debian's configuration for PREEMPT_RT.
# Uses: kernel:series:pages-16k kernel:series:pages-64k code:series selftests:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/scripts/lib/package.sh"
. "$top/tests/lib/source-package.sh"

use_source
need_compiler
need xz-utils patch
selftests "$series_commit"
mapfile -t programs < <(own_selftests "$selftests")

for pages in pages-16k pages-64k; do
	kernel "$series_commit" "$pages"
	selftests_job "$scratch/$pages" "${programs[@]}"
	cp "$image" "$scratch/$pages.Image"
done
run() { job vhe "$scratch/$1.Image" "$scratch/$1" > "$logs/$1.log" || true; }
say '  running the selftests with both sizes of pages at once'
machine_files
in_parallel run pages-16k pages-64k
for pages in pages-16k pages-64k; do
	results "$logs/$pages.log" "$pages"
done

# The patches of PREEMPT_RT are in the source package only, and for its version
rt()
{
	local tree=$scratch/rt obj=$scratch/rt-obj
	mkdir "$tree" "$obj"
	debian_config rt_arm64 > "$obj/.config"
	KERNEL=$part_version use_source
	git_linux archive "$series_commit" | tar -x -C "$tree"
	tar -xf "$part" -C "$scratch" debian/patches-rt
	sed '/^#/d; s/ .*//; /^$/d' "$scratch/debian/patches-rt/series" | while read -r patch; do
		patch -d "$tree" -p1 -s -f < "$scratch/debian/patches-rt/$patch"
	done
	linux=$tree kernel_make "$obj" -s olddefconfig
	grep '^CONFIG_PREEMPT_RT=y' "$obj/.config"
	linux=$tree kernel_make "$obj" KCFLAGS=-Werror arch/arm64/kvm/
}
source_package debian
check "KVM builds with Debian's rt configuration, patched, on $part_version" rt

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Other ways to build the whole series: pages of 16 and 64 KiB, where the
# selftests run too, and KVM with Debian's configuration for PREEMPT_RT.
. "$(dirname "$0")/tap.sh"
. "$top/scripts/package.sh"

use_source
need_compiler
need xz-utils
selftests "$series_commit"
mapfile -t programs < <(own_selftests "$selftests")
selftests_job "$scratch/job.d" "${programs[@]}"

for pages in 16k 64k; do
	kernel "$series_commit" "$pages"
	job vhe "$image" "$scratch/job.d" > "$logs/pages-$pages.log" || true
	results "$logs/pages-$pages.log" "$pages"
done

# The package of the source has the patch, that of the configurations the file
rt()
{
	local tree=$scratch/rt obj=$scratch/rt-obj
	fetch_source "$package" "$version"
	mkdir "$tree" "$obj"
	git_linux archive "$series_commit" | tar -x -C "$tree"
	dpkg-deb --fsys-tarfile "$source_deb" | tar -xO --wildcards '*/linux-patch-6.1-rt.patch.xz' |
		xz -d | patch -d "$tree" -p1 -s -f
	debian_config rt_arm64 > "$obj/.config"
	linux=$tree kernel_make "$obj" -s olddefconfig
	grep '^CONFIG_PREEMPT_RT=y' "$obj/.config"
	linux=$tree kernel_make "$obj" KCFLAGS=-Werror arch/arm64/kvm/
}
check "KVM builds with Debian's rt configuration" rt

finish

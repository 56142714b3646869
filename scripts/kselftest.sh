#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make kselftest: the KVM selftests of arm64, with the series' own, in
# kselftest's install layout, linked statically: run-kvm-tests.sh runs them on
# any arm64 machine that has a shell.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/selftests.sh"
. "$top/scripts/lib/package.sh"

use_source
selftests "$series_commit"
checkout "$series_commit"
name=smccc-filter-kselftest-$version
dir=$(mktemp -d "$build/kselftest.XXXXXX")
trap 'rm -rf "$dir"' EXIT
root=$dir/$name
source=$linux/tools/testing/selftests

# Where its "make install" puts things, for the programs that built
mkdir -p "$root/kselftest" "$root/kvm"
install -m 755 "$source/kselftest/runner.sh" "$source/kselftest/prefix.pl" "$top/scripts/guest/timeout.sh" "$root/kselftest"
install -m 755 "$source/run_kselftest.sh" "$top/scripts/guest/run-kvm-tests.sh" "$root"
install -m 644 "$source/kvm/settings" "$root/kvm"
install -m 644 "$top/COPYING" "$root"
mapfile -t programs < <(own_selftests "$selftests"; cd "$selftests" &&
	for program in aarch64/*; do [ ! -x "$program" ] || echo "$program"; done | grep -v smccc_filter)
for program in "${programs[@]}"; do
	install -m 755 "$selftests/$program" "$root/kvm"
	echo "kvm:${program##*/}" >> "$root/kselftest-list.txt"
done

tarball "$root" "$build/$name.tar.gz"
say "$build/$name.tar.gz: unpack it on an arm64 machine and type $name/run-kvm-tests.sh"
finished kselftest

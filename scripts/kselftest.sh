#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make kselftest: the KVM selftests of arm64, with the series' own, as kselftest's
# installer lays them out in kselftest/, linked statically: they run on any arm64
# machine that has a shell.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/selftests.sh"
. "$top/scripts/lib/cost.sh"
. "$top/scripts/lib/package.sh"

use_source
selftests "$series_commit"
checkout "$series_commit"
name=smccc-filter-kselftest-$version
dir=$(mktemp -d "$build/kselftest.XXXXXX")
trap 'rm -rf "$dir"' EXIT
kselftest_install "$dir/kselftest"
tarball "$dir/kselftest" "$build/$name.tar.gz"
say "$build/$name.tar.gz: unpack it on an arm64 machine and type kselftest/run-kvm-tests.sh"
finished kselftest

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make headers: the uapi headers with the series, for who compiles a VMM.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/package.sh"

use_source
need_compiler
checkout "$series_commit"
name=smccc-filter-headers-$version
dir=$(mktemp -d "$build/headers.XXXXXX")
trap 'rm -rf "$dir"' EXIT
step 'installing the headers' kernel_make "$build/obj/headers-$version" -s headers_install "INSTALL_HDR_PATH=$dir/$name"
cp "$top/COPYING" "$dir/$name"
tarball "$dir/$name" "$build/$name.tar.gz"
say "$build/$name.tar.gz: unpack it and compile with -isystem $name/include"
finished headers

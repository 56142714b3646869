#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 6.1's own arm64 KVM selftests give the same result before and after the
# series, in each mode.
. "$(dirname "$0")/tap.sh"
. "$top/tests/before-and-after.sh"

use_source
selftests base
mapfile -t programs < <(cd "$selftests" && ls -d aarch64/*)
for mode in $modes; do
	before_and_after "$mode" 600 "${programs[@]}"
done

figure "4 modes"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 6.1's own generic KVM selftests give the same result before and after the
# series. They take over nine minutes each time.
. "$(dirname "$0")/tap.sh"
. "$top/tests/before-and-after.sh"

use_source
selftests base
mapfile -t programs < <(cd "$selftests" && find . -maxdepth 1 -type f -executable -printf '%P\n' | sort)
before_and_after vhe 1500 "${programs[@]}"

finish

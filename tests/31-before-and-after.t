#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The base's own arm64 KVM selftests give the same result before and after the
# series, in each mode.
. "$(dirname "$0")/tap.sh"
. "$top/tests/before-and-after.sh"

use_source
selftests "$series_commit"
after=$selftests
selftests base

# programs_of DIR: of $selftests, or what was made with the series
programs_of() { (cd "$1" && find . -type f -executable -printf '%P\n' | sort); }
builds() { [ "$(programs_of "$selftests" | wc -l)" -gt 10 ] && ! comm -23 <(programs_of "$selftests") <(programs_of "$after") | grep .; }
check 'what the base builds, the series builds' builds

mapfile -t programs < <(cd "$selftests" && find aarch64 -type f -executable | sort)
for mode in $modes; do
	before_and_after "$mode" 600 "${programs[@]}"
done

figure "4 modes"
finish

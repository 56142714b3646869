#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make shell: the machine of make run with a shell in it; the selftests are in /
. "$(dirname "$0")/lib.sh"
. "$top/scripts/source.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/selftests.sh"
. "$top/scripts/machine.sh"

mode=${MODE:-vhe}
need_mode "$mode"
need qemu-system-arm cpio
use_source
kernel "$series_commit" host
selftests "$series_commit"

dir=$(mktemp -d "$build/shell.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/root"
cp "$selftests"/aarch64/* "$dir/root"
printf '%s\n' 'echo "leave with exit, or Ctrl-a x"' 'setsid cttyhack sh' > "$dir/root/job"
initrd "$dir/root" "$dir/initrd"
machine "$mode" "$image" "$dir/initrd"
"${qemu[@]}"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make shell: the machine of make run with a shell in it; / has the selftests,
# and the reference VMM with a guest for it
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/selftests.sh"
. "$top/scripts/lib/machine.sh"
. "$top/scripts/lib/vmm.sh"

ready

dir=$(mktemp -d "$build/shell.XXXXXX")
trap 'rm -rf "$dir" "$dir".*' EXIT
vmm_files "$dir/root"
linux_guest "$dir/root" "$top/scripts/guest/shell"
cp "$selftests"/aarch64/* "$dir/root"
cat > "$dir/root/job" <<-'END'
	echo 'leave with exit, or Ctrl-a x; a guest: /vmm --kernel /Image --initrd /shell.cpio --append console=ttyAMA0 --cpus 2'
	setsid cttyhack sh
END
initrd "$dir/root" "$dir/initrd"
machine "$mode" "$image" "$dir/initrd"
"${qemu[@]}"

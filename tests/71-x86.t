#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# x86 sees no difference: a VMM that reads longmode finds 1 in it for a call
# from 64-bit mode and 0 from 32-bit mode, before and after the series. KVM runs
# on QEMU's emulated SVM.
# Uses: code:base code:series headers:base deb:qemu-system-x86
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
need qemu-system-x86 busybox-static cpio
[ "$host" = amd64 ] || { skip 'x86: needs the static busybox of an x86 machine'; finish; }

# x86_kernel COMMIT OUT
x86_kernel()
{
	local obj=$build/obj/x86-run-$version
	checkout "$1"
	mkdir -p "$obj"
	make -C "$linux" "O=$obj" ARCH=x86_64 "CROSS_COMPILE=$x86_cross" -s \
		"KCONFIG_ALLCONFIG=$top/configs/x86-run.config" allnoconfig
	make -C "$linux" "O=$obj" ARCH=x86_64 "CROSS_COMPILE=$x86_cross" -j"$(nproc)" bzImage
	cp "$obj/arch/x86/boot/bzImage" "$2"
}

# Against the headers of the base: what VMMs have compiled in for years
headers()
{
	checkout base
	make -C "$linux" "O=$scratch/obj" ARCH=x86_64 -s headers_install "INSTALL_HDR_PATH=$1"
}

step 'installing the headers of x86' headers "$scratch/headers"
"${x86_cross}gcc" -static -Wall -Wextra -Werror -O2 -isystem "$scratch/headers/include" \
	-o "$scratch/x86-longmode" "$top/tests/guest/x86-longmode.c"

mkdir -p "$scratch/root/bin" "$scratch/root/dev"
cp /bin/busybox "$scratch/root/bin"
cp "$top/scripts/guest/init" "$scratch/root/init"
cp "$scratch/x86-longmode" "$scratch/root"
printf '%s\n' "echo '=== begin x86-longmode'" /x86-longmode 'echo "=== end x86-longmode $?"' \
	'echo === all done' > "$scratch/root/job"
(cd "$scratch/root" && find . | cpio -o -H newc --quiet -R 0:0) > "$scratch/initrd"

for when in before after; do
	[ $when = before ] && commit=base || commit=$series_commit
	step -n 2000 "building the x86 kernel $when" x86_kernel "$commit" "$scratch/bzImage"
	timeout 120 qemu-system-x86_64 -cpu qemu64,+svm -m 512M -display none -nodefaults \
		-serial stdio -no-reboot -kernel "$scratch/bzImage" -initrd "$scratch/initrd" \
		-append 'console=ttyS0 quiet panic=-1' < /dev/null 2>&1 9>&- | tr -d '\r' > "$logs/x86-$when.log" || true
	results "$logs/x86-$when.log" "$when"
done

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Software that is there already: Debian's arm64 kernel as a guest of the
# reference VMM, and Debian's QEMU, which knows nothing of the filter, as a VMM:
# its guest says the same before and after the series.
# Uses: kernel:base:host kernel:series:host vmm:series guests machine archive
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"

ready
need_compiler

# The newest that Debian's metapackage names; the cloud flavour has all that a VM needs
apt_update arm64
package_name=$(apt_own arm64 apt-cache depends linux-image-cloud-arm64 |
	sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
unpack_deb arm64 "$package_name"
guest_image=$(echo "$unpacked"/boot/vmlinuz-*)
# In Debian's own initramfs udev would do that
tour=$scratch/guest-tour
{ echo 'insmod /arm_smccc_trng.ko'; cat "$top/scripts/guest/tour"; } > "$tour"
FILES=$(find "$unpacked" -name arm_smccc_trng.ko)
vmm_files "$scratch/debian"
for conduit in hvc smc; do
	boot_guest "$scratch/debian" 4 --conduit "$conduit"
	linux_guest "$scratch/debian" "$tour" --cpus 4 --max-cpus 8 --conduit "$conduit"
done
boot_guest "$scratch/debian" 2 --psci kernel
MEMORY=2G run_guests vhe "$scratch/debian" "$package_name" 900

# The package and what it needs, as on a machine that has nothing
fetch_qemu()
{
	local empty=(-o "Dir::State::status=$scratch/status" -o "Dir::Cache::archives=$scratch/archives")
	local root=$scratch/unpacked files deb library
	: > "$scratch/status"
	mkdir -p "$scratch/archives/partial" "$root" "$1.tmp/lib"
	apt_own arm64 apt-get -q -y --no-install-recommends --download-only "${empty[@]}" install qemu-system-arm
	for deb in "$scratch"/archives/*.deb; do dpkg-deb -x "$deb" "$root"; done

	cp "$root/usr/bin/qemu-system-aarch64" "$1.tmp"
	files=$root/usr/bin/qemu-system-aarch64
	while [ -n "$files" ]; do
		# shellcheck disable=SC2086 # a list
		files=$("${arm64_cross}objdump" -p $files | awk '$1 == "NEEDED" { print $2 }' | sort -u |
			while read -r library; do
				[ ! -e "$1.tmp/lib/$library" ] || continue
				library=$(find "$root" -name "$library" | head -n 1)
				cp -L "$library" "$1.tmp/lib"
				echo "$library"
			done)
	done
	dpkg-deb -f "$scratch"/archives/qemu-system-arm_*.deb Version > "$1.tmp/version"
	mv "$1.tmp" "$1"
}

qemu_vmm=$build/cache/qemu-arm64
[ -e "$qemu_vmm" ] || step "fetching Debian's QEMU for arm64" fetch_qemu "$qemu_vmm"

# What the guest says that does not depend on when
mkdir "$scratch/guest" "$scratch/qemu"
cat > "$scratch/guest/job" <<'END'
dmesg | sed -n 's/^\[[^]]*\] //; /psci:\|SMCCC\|smccc\|arm-pv\|kvm-guest\|hypervisor/p'
grep . /sys/devices/system/cpu/vulnerabilities/* /sys/devices/system/cpu/online /sys/devices/system/clocksource/*/current*
for i in 1 2 3; do
	echo 0 > /sys/devices/system/cpu/cpu1/online && echo 1 > /sys/devices/system/cpu/cpu1/online && echo off and on
done
END
initrd "$scratch/guest" "$scratch/qemu/guest.cpio"
cp -r "$qemu_vmm"/* "$scratch/qemu"
cp "$guest_image" "$scratch/qemu/Image"
cat > "$scratch/qemu/job" <<'END'
ln -s /lib /lib64
echo "=== begin qemu"
/lib/ld-linux-aarch64.so.1 --library-path /lib /qemu-system-aarch64 -M virt,gic-version=3 -accel kvm -cpu host \
	-smp 2 -m 512M -display none -nodefaults -serial stdio -no-reboot -kernel /Image -initrd /guest.cpio \
	-append 'console=ttyAMA0 quiet panic=-1' < /dev/null
echo "=== end qemu $?"
echo === all done
END

for when in before after; do
	if [ $when = before ]; then kernel base host; else kernel "$series_commit" host; fi
	say "  running Debian's QEMU $(cat "$qemu_vmm/version") as a VMM, $when"
	MEMORY=2G job vhe "$image" "$scratch/qemu" 600 > "$logs/existing-qemu-$when.log" || true
	sed -n '/^=== begin qemu/,/^=== end qemu/{ /hrtimer: interrupt took/d; s/^\(=== log: \)*\[[^]]*\] //; p; }' "$logs/existing-qemu-$when.log" > "$scratch/$when"
	works() { grep -qx '=== end qemu 0' "$scratch/$when" && [ "$(grep -cx 'off and on' "$scratch/$when")" = 3 ]; }
	check "$when: the guest of Debian's QEMU runs, turns a CPU off and on, and ends" works
	check "$when: no splat" no_splat "$logs/existing-qemu-$when.log"
done
check 'it says the same after as before' diff "$scratch/before" "$scratch/after"
diag < "$scratch/after"

figure "$package_name, QEMU $(cat "$qemu_vmm/version")"
finish

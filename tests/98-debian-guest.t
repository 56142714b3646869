#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A Debian installer's kernel and initial RAM disk, as they are in the archive, boot
# under the reference VMM: Debian's own configuration, with its firmware in user space.
# Uses: kernel:series:host vmm:series machine deb:debian-installer-12-netboot-arm64
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"
# It is driven by $top/scripts/guest/drive

ready
unpack_deb arm64 debian-installer-12-netboot-arm64
installer=$(dirname "$(find "$unpacked/usr/lib" -name initrd.gz | head -n 1)")

dir=$scratch/installer log=$logs/debian-guest.log
vmm_files "$dir"
cp "$installer/linux" "$installer/initrd.gz" "$dir"
echo "guest debian-installer --kernel /linux --initrd /initrd.gz --memory 768 --cpus 2 --max-cpus 4 --append 'console=ttyAMA0 DEBIAN_FRONTEND=text priority=low'" >> "$dir/job"
MEMORY=2G job vhe "$image" "$dir" 500 'Choose language\|Select a language\|main menu' > "$log" || true

check 'its kernel starts' grep 'Linux version .*-arm64 (debian-kernel@lists.debian.org)' "$log"
check '... with PSCI 1.3, by the VMM' grep 'psci: PSCIv1.3 detected in firmware' "$log"
check '... with SDEI' grep 'sdei: SDEIv1.0 (0x0) detected in firmware' "$log"
check '... on both CPUs' grep 'smp: Brought up 1 node, 2 CPUs' "$log"
check '... at a random address, of the seed in its device tree' grep 'KASLR enabled' "$log"
check '... with a PMU' grep 'hw perfevents: enabled with armv8' "$log"
check '... with the random bytes of the firmware' grep 'smccc_trng\|SMCCC TRNG\|random: crng init done' "$log"
check 'its installer asks for the first choice' grep 'Choose language\|Select a language\|main menu' "$log"
quiet() { ! grep -E "$splats" "$1"; }
check 'nothing bad in either log' quiet "$log"
finish

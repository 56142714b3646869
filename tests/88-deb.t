#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make deb: the packages are what Debian expects, install in a Debian 12, boot
# with the initramfs that is made there, run the reference VMM, and build a module.
# Uses: tree:series kernel:series:host vmm:series guests machine archive
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"
. "$top/scripts/lib/package.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'make deb is about Linux 6.1'; finish; }
[ "$(id -u)" = 0 ] || { skip 'debootstrap has to be root'; finish; }

ready
need lintian debootstrap e2fsprogs kmod file dpkg-dev
"$top/scripts/deb.sh" 2>&1 | tee "$scratch/deb.out" >&2
image_deb=$(sed -n 's/^\(.*\) has \(linux-image-[^,]*\), .*/\1\/\2/p' "$scratch/deb.out")
headers_deb=${image_deb/linux-image/linux-headers}
libc_deb=$(dirname "$image_deb")/linux-libc-dev_${image_deb#*_}
dpkg-deb -x "$image_deb" "$scratch/image"
release=$(basename "$scratch"/image/lib/modules/*)
# A machine's /tmp may be small, and without devices
room=$(mktemp -d "$build/deb.XXXXXX")
trap 'rm -rf "$scratch" "$room"' EXIT

core=
[ "${SERIES:-all}" != core ] || core=core
sorts()
{
	local ours newer
	ours=$(dpkg-deb -f "$image_deb" Version)
	newer=$(awk -F'[.-]' '{ print $1 "." $2 "." $3 + 1 "-1" }' <<< "$version")
	dpkg --compare-versions "$version" lt "${ours%~core}~core"
	dpkg --compare-versions "${ours%~core}~core" lt "${ours%~core}"
	dpkg --compare-versions "${ours%~core}" lt "${ours%~core}+1~core"
	dpkg --compare-versions "${ours%~core}+1" lt "$newer"
	for deb in "$headers_deb" "$libc_deb"; do [ "$(dpkg-deb -f "$deb" Version)" = "$ours" ]; done
	[ "$release" = "${version%-*}-smccc${core:+-core}-${CONFIG:-cloud-arm64}" ]
	[ "${ours%~core}${core:+~core}" = "$ours" ]
}
check 'the version is above the base, core below all of it, and all are below the next base' sorts
check 'lintian finds no error' lintian --no-cfg --fail-on error --tag-display-limit 0 "$image_deb" "$headers_deb" "$libc_deb"

foreign()
{
	dpkg-deb -x "$headers_deb" "$scratch/headers"
	find "$scratch/headers" -type f -exec file {} + | grep ': *ELF' > "$scratch/elf"
	for program in basic/fixdep mod/modpost genksyms/genksyms; do grep "scripts/$program: " "$scratch/elf"; done
	! grep -v 'ARM aarch64' "$scratch/elf"
}
check 'the programs of the headers package are for arm64' foreign
filter() { dpkg-deb --fsys-tarfile "$libc_deb" | tar -xO --wildcards '*/asm/kvm.h' | grep KVM_SMCCC_FILTER_FWD_TO_USER; }
check 'linux-libc-dev has the filter' filter
# QEMU takes a compressed one, too
uncompressed() { [ "$(dd if="$scratch/image/boot/vmlinuz-$release" bs=1 skip=56 count=4 status=none)" = ARMd ]; }
check 'GRUB can start the image' uncompressed

# The names of what differs from Debian's configuration, but for what follows from it
differs()
{
	debian_config "none_${CONFIG:-cloud-arm64}" | grep -E '^CONFIG_|is not set' | sort > "$scratch/theirs"
	grep -E '^CONFIG_|is not set' "$scratch/image/boot/config-$release" | sort > "$scratch/ours"
	! comm -23 "$scratch/theirs" "$scratch/ours" | sed 's/^# //; s/[ =].*//' |
		grep -vE '^CONFIG_(LOCALVERSION|DEBUG_INFO|DEBUG_EFI|BTF|MODULE_ALLOW_BTF|PAHOLE|GDB_SCRIPTS|SYSTEM_TRUSTED_KEYS|BUILD_SALT|(CC|GCC|LD|AS|CLANG|LLD|RUSTC)_|MODULE_SIG)'
}
check 'the configuration is Debian'"'"'s, but for debug information and keys' differs

# needed: what the packages depend on or recommend, so that dpkg finds it there
needed()
{
	for deb in "$image_deb" "$headers_deb"; do dpkg-deb -f "$deb" Depends Recommends; done |
		sed 's/^[A-Za-z]*: //; s/ *([^)]*)//g; s/ *|[^,]*//g; s/, /\n/g' | sort -u | paste -sd,
}

# A Debian 12 on a disk, which installs the packages when it first boots
debian=$room/debian
# shellcheck disable=SC2016 # apt's own
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Release: bookworm' 'Component: main' | head -n 1)
step "fetching a Debian 12" debootstrap --foreign --arch=arm64 --variant=minbase \
	"--include=$(needed),libc6-dev" bookworm "$debian" "${mirror:?the apt sources of this machine have no bookworm}"
mkdir "$debian/packages" "$debian/hello" "$debian/machine"
cp "$image_deb" "$headers_deb" "$libc_deb" "$debian/packages"
cat > "$debian/hello/hello.c" <<'C'
#include <linux/module.h>
static int __init hello(void) { pr_info("hello from a module\n"); return 0; }
module_init(hello);
MODULE_LICENSE("GPL");
C
echo 'obj-m := hello.o' > "$debian/hello/Makefile"
cat > "$debian/install" <<'END'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
# step NR TEXT COMMAND: one line of TAP
step() { if sh -ec "$3" > /log 2>&1; then echo "ok $1 - $2"; else echo "not ok $1 - $2"; tail -n 20 /log; fi; }
echo '=== begin install'
step 1 'Debian' '/debootstrap/debootstrap --second-stage'
step 2 'the packages install' 'dpkg -i /packages/*.deb'
step 3 'which makes an initramfs' 'test -s /boot/initrd.img-$(uname -r)'
step 4 'a module is built with the headers' 'make -C /lib/modules/$(uname -r)/build M=/hello'
step 5 'and loaded' 'insmod /hello/hello.ko; dmesg | grep "hello from a module"'
echo 1..5
echo '=== end install 0'
END

# What the packaged kernel, with its own initramfs, then does
vmm_files "$scratch/job"
cp "$scratch/image/boot/vmlinuz-$release" "$scratch/job/Image"
# shellcheck disable=SC2016 # for the machine's shell
echo 'echo "machine: $(cat /proc/version)"' >> "$scratch/job/job"
# In an initramfs udev would do that
tour=$scratch/guest-tour
FILES=$(find "$scratch/image" -name arm_smccc_trng.ko)
{ [ -z "$FILES" ] || echo 'insmod /arm_smccc_trng.ko'; cat "$top/scripts/guest/tour"; } > "$tour"
linux_guest "$scratch/job" "$tour" --cpus 4 --max-cpus 8
echo 'echo === all done' >> "$scratch/job/job"
initrd "$scratch/job" "$scratch/machine.cpio"
(cd "$debian/machine" && cpio -idm --quiet --no-absolute-filenames < "$scratch/machine.cpio")
printf '#!/bin/sh\nexec chroot /machine /init\n' > "$debian/smoke"
chmod +x "$debian/smoke"

disk=$room/disk
step 'making its disk' mke2fs -q -t ext4 -d "$debian" "$disk" 4G

# with_disk SECONDS LOG: the machine in $qemu, with the disk
with_disk()
{
	timeout --foreground "$1" "${qemu[@]}" -drive "file=$disk,format=raw,if=none,id=disk,cache=unsafe" \
		-device virtio-blk-pci,drive=disk,romfile= < /dev/null 9>&- 2>&1 | sed -u 's/\r//g' > "$2" || true
}

# Before there is an initramfs: the modules that the disk needs
mkdir "$scratch/first"
modprobe -a -d "$scratch/image" -S "$release" --show-depends virtio_pci virtio_blk ext4 |
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$scratch/modules"
while read -r module; do
	cp "$module" "$scratch/first"
	echo "insmod /${module##*/}"
done < "$scratch/modules" > "$scratch/first/job"
cat >> "$scratch/first/job" <<'END'
mkdir /disk
i=0; until [ -e /dev/vda ] || [ $((i += 1)) -gt 600 ]; do sleep 0.1; done
mount -t ext4 /dev/vda /disk
for dir in proc sys dev; do mount -o bind /$dir /disk/$dir; done
chroot /disk /bin/sh /install
umount /disk/proc /disk/sys /disk/dev /disk
echo === all done
END
initrd "$scratch/first" "$scratch/first.cpio"
machine vhe "$scratch/image/boot/vmlinuz-$release" "$scratch/first.cpio"
say "  installing the packages in a Debian 12"
with_disk 3600 "$logs/deb-install.log"
results "$logs/deb-install.log" 'Debian 12'
sed -n '/^not ok/,/^ok/p' "$logs/deb-install.log" | diag

debugfs -R "dump /boot/initrd.img-$release $scratch/initrd.img" "$disk" 2> /dev/null
MEMORY=2G APPEND='root=/dev/vda rw init=/smoke' machine vhe "$scratch/image/boot/vmlinuz-$release" "$scratch/initrd.img"
say "  booting $release with its own initramfs"
with_disk 900 "$logs/guests-deb.log"
results "$logs/guests-deb.log" 'its own initramfs'
check 'the machine is the packaged kernel' grep -q "^machine: Linux version $release " "$logs/guests-deb.log"
guest() { grep 'Linux version' "$logs/guests-deb.log" | grep -v '^machine' > "$scratch/guest" && ! grep -v "Linux version $release " "$scratch/guest"; }
check '... and so is its guest' guest
check 'the VMM and the kernel count the same' "$top/scripts/lib/counts-agree" "$logs/guests-deb.log"

figure "$(dpkg-deb -f "$image_deb" Version), $release"
finish

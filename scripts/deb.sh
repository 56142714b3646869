#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make deb: installable arm64 packages of the kernel with the series: image,
# headers, linux-libc-dev. CONFIG= is a flavour of Debian's configuration.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/package.sh"
. "$top/scripts/lib/hostprogs.sh"
umask 022

[ "${series_dir##*/}" = 6.1 ] ||
	die "make deb packages Linux 6.1; of ${series_dir##*/} take the patches: LINUX=${series_dir##*/} make quilt"
[ -z "${SOURCE:-}" ] || die "make deb takes Debian's own source and configuration; it has no SOURCE="
flavour=${CONFIG:-cloud-arm64}
use_source
debian_configs
flavours=$(find -L "$configs" -printf '%f\n' | sed -n 's/^config\.arm64_none_\(.*\)\.xz$/\1/p' | sort)
grep -Fqx -e "$flavour" <<< "$flavours" || die "CONFIG=$flavour is unknown; it can be one of:" $flavours

# 6.1.192-2 < 6.1.192-2+smccc2~unreleased < 6.1.192-2+smccc2~core < 6.1.192-2+smccc2 < 6.1.193-1
read -r release state < <(sed -n 's/^## \([0-9]*\) (\(.*\))$/\1 \2/p' "$top/CHANGELOG.md" | head -n 1) ||
	die 'CHANGELOG.md names no release'
package_version=$version+smccc$release
[ "$state" != unreleased ] || package_version+='~unreleased'
local_version=-smccc
if [ "${SERIES:-all}" = core ]; then
	package_version+='~core'
	local_version+=-core
fi
local_version+=-$flavour

# bindeb-pkg writes beside the build; what is in $out is finished
out=$build/deb
work=$build/obj/deb-$version$local_version
obj=$work/obj
[ -e "$obj/vmlinux" ] || need_space 12
need_compiler
need dpkg-dev fakeroot kmod cpio file openssl gcc-arm-linux-gnueabihf
# As Debian's: GRUB does not start a compressed image, the name has no + of git's,
# and there is a vDSO for 32-bit programs
as_debian=(KBUILD_IMAGE=arch/arm64/boot/Image LOCALVERSION= CROSS_COMPILE_COMPAT=arm-linux-gnueabihf-)

# What differs from Debian's: no debug information, of which there would be
# gigabytes, and no certificates of Debian's own build
configure_deb()
{
	mkdir -p "$obj"
	debian_config "none_$flavour" > "$obj/.config"
	"$linux/scripts/config" --file "$obj/.config" --set-str LOCALVERSION "$local_version" \
		--disable LOCALVERSION_AUTO --disable DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT --disable DEBUG_INFO_BTF \
		--enable DEBUG_INFO_NONE --set-str SYSTEM_TRUSTED_KEYS ''
	kernel_make "$obj" "${as_debian[@]}" -s olddefconfig
	grep -qx 'CONFIG_KVM=y' "$obj/.config" || { echo "the $flavour flavour has no KVM"; return 1; }
}

# Compressed once only, when they are finished. lintian takes no address at localhost.
packages()
{
	rm -f "$work"/*.deb
	DEBFULLNAME=${DEBFULLNAME:-$GIT_COMMITTER_NAME} DEBEMAIL=${DEBEMAIL:-${GIT_COMMITTER_EMAIL/%@localhost/@example.org}} \
	KDEB_COMPRESS=none KDEB_SOURCENAME=linux-smccc KDEB_PKGVERSION=$package_version KDEB_CHANGELOG_DIST=bookworm \
		kernel_make "$obj" "${as_debian[@]}" DPKG_FLAGS=-d bindeb-pkg
}

# finish_package NAME: let finish_NAME change what is in the package, and its
# control file, and put it where it belongs
finish_package()
{
	local deb dir=$work/unpacked
	deb=$(echo "$work/linux-$1"[_-]*.deb)
	rm -rf "$dir"
	dpkg-deb -R "$deb" "$dir"
	"finish_$1" "$dir"
	(cd "$dir" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
	mkdir -p "$out"
	dpkg-deb --root-owner-group -b "$dir" "$work/finished"
	mv "$work/finished" "$out/${deb##*/}"
	rm -rf "$dir"
}

finish_image() { depends "$1" 'kmod, linux-base, initramfs-tools | linux-initramfs-tool'; }

# The build's own leftovers, and sign-file, which wants libssl, are not for others
finish_headers()
{
	local tree
	tree=$(echo "$1"/usr/src/linux-headers-*)
	find "$tree" \( -name '*.o' -o -name '.*.cmd' -o -name '*.s' -o -name .gitignore \) -delete
	rm -f "$tree/scripts/sign-file"
	[ -z "$arm64_cross" ] || arm64_hostprogs "$obj" "$tree"
	find "$tree/scripts" -type f -exec file {} + | sed -n 's/: *ELF .*//p' | xargs -r "${arm64_cross}strip"
	depends "$1" 'libc6 (>= 2.34)' 'gcc, make'
}

# Debian's has neither
finish_libc-dev() { rm -rf "$1/usr/include/drm" "$1/usr/include/scsi"; }

# depends DIR DEPENDS [RECOMMENDS]: in the control file of the package in DIR
depends() { sed -i "/^Architecture:/a Depends: $2${3:+\\nRecommends: $3}" "$1/DEBIAN/control"; }

git_identity
checkout "$series_commit"
step 'configuring the kernel' configure_deb
step -n 7500 "building the kernel and modules of $package_version, $flavour" kernel_make "$obj" "${as_debian[@]}" all
step 'making the packages' packages
for part in image headers libc-dev; do step "finishing linux-$part" finish_package $part; done

name=$(cat "$obj/include/config/kernel.release")
say "$out has linux-image-${name}_${package_version}_arm64.deb, to be installed with apt, and linux-headers and linux-libc-dev of the same version"
finished deb

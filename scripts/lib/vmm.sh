# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The reference VMM, and what runs under it. Source it after machine.sh.

# libfdt: set $libfdt to a directory with Debian's arm64 libraries and headers: libfdt,
# and zlib and zstd for kernels that are compressed
libfdt()
{
	local package
	unpack_deb arm64 libfdt-dev
	libfdt=$unpacked/usr
	[ ! -e "$libfdt/include/zstd.h" ] || return 0
	for package in zlib1g-dev libzstd-dev; do
		unpack_deb arm64 $package
		cp -r "$unpacked/usr/." "$libfdt"
	done
}

# vmm_key COMMIT: what the program is made from, as a hash
vmm_key()
{
	(cat "$top"/vmm/*; headers_hash "$1" arm64; "${arm64_cross}gcc" -dumpfullversion; echo "${VMM_CFLAGS:-}") | hash_of
}

# vmm: set $vmm to the program, built with the uapi headers of the series
vmm()
{
	used "$(thing vmm "$series_commit")"
	headers_of "$series_commit" arm64
	vmm=$build/vmm/$(vmm_key "$series_commit")/vmm
	[ ! -e "$vmm" ] || return 0
	libfdt
	mkdir -p "${vmm%/*}"
	step -l "$logs/vmm.log" 'building the reference VMM' \
		make -C "$top/vmm" "CC=${arm64_cross}gcc" "UAPI=$headers" "LIBFDT=$libfdt" \
		"OUT=${vmm%/*}" ${VMM_CFLAGS:+"CFLAGS=$VMM_CFLAGS"}
	"${arm64_cross}strip" "$vmm"
}

# ready: everything that make run and make shell need; sets $mode
ready()
{
	mode=${MODE:-vhe}
	need_mode "$mode"
	need qemu-system-arm cpio
	use_source
	kernel "$series_commit" host
	vmm
}

# vmm_files DIR: what a machine needs to run guests under the VMM; its kernel
# is theirs, unless $guest_image is set
vmm_files()
{
	mkdir -p "$1"
	cp "$vmm" "$top/scripts/guest/drive" "$1"
	cp "${guest_image:-$image}" "$1/Image"
	echo '. /drive' > "$1/job"
}

# linux_guest DIR SCRIPT ARGUMENT...: add to the job in DIR a guest that is the
# machine's own kernel and does what SCRIPT says; FILES= go with it
linux_guest()
{
	local dir=$1 script=$2 name=${2##*/} file; shift 2
	if [ ! -e "$dir/$name.cpio" ]; then
		mkdir "$dir.guest"
		for file in ${FILES:-}; do cp "$file" "$dir.guest"; done
		cp "$script" "$dir.guest/job"
		initrd "$dir.guest" "$dir/$name.cpio"
		rm -r "$dir.guest"
	fi
	echo "guest guest-$name --kernel /Image --initrd /$name.cpio --append 'console=ttyAMA0 panic=-1 ${GUEST_APPEND:-}' $*" >> "$dir/job"
}

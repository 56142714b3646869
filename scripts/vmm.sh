# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The reference VMM, and what runs under it. Source it after selftests.sh.

# libfdt: set $libfdt to a directory with Debian's arm64 library and headers
libfdt()
{
	libfdt=$build/cache/libfdt-arm64
	[ ! -e "$libfdt" ] || return 0
	mkdir -p "$build/cache"
	apt_update arm64
	fetch_deb arm64 libfdt-dev "$libfdt.deb"
	rm -rf "$libfdt.tmp"; mkdir "$libfdt.tmp"
	dpkg-deb --fsys-tarfile "$libfdt.deb" | tar -x -C "$libfdt.tmp" --strip-components=2 \
		--wildcards './usr/include/*' '*/libfdt.a'
	mv "$libfdt.tmp" "$libfdt"
	rm "$libfdt.deb"
}

# vmm: set $vmm to the program, built with the headers of $selftests
vmm()
{
	local key
	key=$( (cat "$top"/vmm/*; echo "$selftests"; "${arm64_cross}gcc" -dumpfullversion; echo "${VMM_CFLAGS:-}") | hash_of)
	vmm=$build/vmm/$key/vmm
	[ ! -e "$vmm" ] || return 0
	libfdt
	mkdir -p "${vmm%/*}"
	step -l "$logs/vmm.log" 'building the reference VMM' \
		make -C "$top/vmm" "CC=${arm64_cross}gcc" "UAPI=$selftests/headers" "LIBFDT=$libfdt" \
		"OUT=${vmm%/*}" ${VMM_CFLAGS:+"CFLAGS=$VMM_CFLAGS"}
}

# vmm_job DIR GUEST ARGUMENTS...: add to the job in DIR a run of the VMM with
# these arguments, the kernel of this machine, and the script GUEST as its job
vmm_job()
{
	local dir=$1 guest=$2 name=${2##*/} n; shift 2
	if [ ! -e "$dir/job" ]; then
		cp "$vmm" "$image" "$top/scripts/drive" "$dir"
		echo '. /drive' > "$dir/job"
	fi
	if [ ! -e "$dir/$name.cpio" ]; then
		mkdir "$dir.guest"
		cp "$guest" "$dir.guest/job"
		initrd "$dir.guest" "$dir/$name.cpio"
		rm -r "$dir.guest"
	fi
	echo "guest $name $* --kernel /Image --initrd /$name.cpio --append 'console=ttyAMA0 panic=-1'" >> "$dir/job"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Linux 6.12 from the Debian archive, whose kernel has a filter of its own: to
# build, run and measure against. Source it after kernel.sh.

# peer_source: unpack the newest linux-source-6.12 into $peer
peer_source()
{
	local v
	peer=$(echo "$build"/peer-*/Makefile)
	peer=${peer%/Makefile}
	[ "$peer" = "$build/peer-*" ] || return 0
	apt_update "$host"
	v=$(archive_versions linux-source-6.12 | head -n 1)
	[ -n "$v" ] || die "the archive has no linux-source-6.12"
	peer=$build/peer-$v
	need_space 6
	fetch_source linux-source-6.12 "$v"
	step "unpacking linux-source-6.12 $v" unpack_source "$source_deb" "$peer"
}

# peer_kernel NAME: set $image to its kernel with configs/NAME.config
peer_kernel()
{
	local key linux=$peer obj=$build/obj/$1-${peer##*/}
	need_compiler
	key=$( (echo "$peer"; "${arm64_cross}gcc" -dumpfullversion; cat "$top/configs/$1.config") | hash_of)
	image=$build/kernels/$key/Image
	[ ! -e "$image" ] || return 0
	need_space 3
	step -n 1600 -l "$logs/kernel-$1-peer.log" "building the $1 kernel of Linux ${peer##*peer-}" \
		build_image "$obj" "$top/configs/$1.config"
	keep_image "$obj"
}

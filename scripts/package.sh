# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the packages share. Source it after kernel.sh.

# debian_config FLAVOUR: Debian's own configuration for arm64, as rt_arm64 or
# none_cloud-arm64
debian_config()
{
	unpack_deb arm64 "linux-config-${package#linux-source-}=$version"
	xz -dc "$unpacked"/usr/src/linux-config-*/"config.arm64_$1.xz"
}

# tarball DIR FILE: DIR as a tar that is the same for the same files
tarball()
{
	tar -C "${1%/*}" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf "$2.tmp" "${1##*/}"
	mv "$2.tmp" "$2"
}

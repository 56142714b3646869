# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the packages share. Source it after kernel.sh.

# debian_configs: set $configs to the directory of Debian's own configurations for
# arm64. The archive keeps fewer versions of that package than of the source; the
# newest will do.
debian_configs()
{
	local name=linux-config-${package#linux-source-} versions of=$version
	configs=$build/cache/$name-$version
	if [ ! -e "$configs" ]; then
		apt_update arm64
		versions=$(apt_own arm64 apt-cache madison "$name" | awk -F' *[|] *' '!seen[$2]++ { print $2 }')
		if ! grep -qxF "$of" <<< "$versions"; then
			of=$(head -n 1 <<< "$versions")
			say "note: the archive has no $name $version; going on with ${of:-none}"
		fi
		unpack_deb arm64 "$name=$of"
		ln -sfn "$(echo "$unpacked"/usr/src/linux-config-*)" "$configs"
	fi
}

# debian_config FLAVOUR: one of them, as rt_arm64 or none_cloud-arm64
debian_config()
{
	debian_configs
	xz -dc "$configs/config.arm64_$1.xz"
}

# tarball DIR FILE: DIR as a tar that is the same for the same files
tarball()
{
	tar -C "${1%/*}" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf "$2.tmp" "${1##*/}"
	mv "$2.tmp" "$2"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the packages share. Source it after kernel.sh; kselftest_install() wants
# selftests.sh and cost.sh, too.

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

# kselftest_install DIR: what kselftest's "make install" makes, for the programs in
# $selftests and $linux at the commit that they are of; and what runs them
kselftest_install()
{
	local root=$1 source=$linux/tools/testing/selftests guest=$top/scripts/guest file program
	mkdir -p "$root/kselftest" "$root/kvm"
	for file in prefix.pl ktap_helpers.sh module.sh; do
		[ ! -e "$source/kselftest/$file" ] || install -m 755 "$source/kselftest/$file" "$root/kselftest"
	done
	cat "$source/kselftest/runner.sh" "$guest/runner-functions.sh" > "$root/kselftest/runner.sh"
	chmod 755 "$root/kselftest/runner.sh"
	install -m 755 "$guest/timeout.sh" "$root/kselftest"
	install -m 755 "$source/run_kselftest.sh" "$guest/run-kvm-tests.sh" "$root"
	install -m 644 "$source/kvm/settings" "$root/kvm"
	install -m 644 "$top/COPYING" "$guest/README" "$root"
	for program in $(own_selftests "$selftests"; cd "$selftests" &&
			find aarch64/ -type f -executable ! -name 'smccc_filter*' | sort); do
		install -m 755 "$selftests/$program" "$root/kvm"
		echo "kvm:${program##*/}" >> "$root/kselftest-list.txt"
	done
	bench_program time.c "$root/smccc_cost"
	base_failures "$root/kselftest-list.txt" > "$root/base-failures"
	echo "$package $version with patches/${series_dir##*/}, $(series | wc -l) patches, $(sed -n 's/^## /version /p' "$top/CHANGELOG.md" | head -n 1)" > "$root/VERSION"
}

# base_failures LIST: of tests/lists/base-failures what is about tests of LIST, in
# every mode of KVM
base_failures()
{
	local line name
	while IFS= read -r line; do
		name=${line%%:*}
		! grep -qx "kvm:$name" "$1" || echo "$line"
	done < <(grep -v '^#' "$top/tests/lists/base-failures")
}

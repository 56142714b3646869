# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The source package of the base: what kernel.org released, and what Debian adds.
# Source it after tap.sh.

apt_sources() { apt_own source apt-get -q -o "Dir::Etc::sourcelist=$scratch/sources.list" -o Dir::Etc::sourceparts=- "$@"; }

# source_package orig|debian: set $part to that tarball, and $part_version to the
# version that it is of. The archive sometimes has the binary packages of a version
# and not its source; an older one must do then.
source_package()
{
	local source only=--tar-only
	[ "$1" = orig ] || only=--diff-only
	local own=$host${suite:+/$suite}
	apt_update "$host" "$suite"
	# shellcheck disable=SC2016 # apt's variables
	apt_own "$own" apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u > "$scratch/sources.list"
	apt_sources update > "$logs/source-package.log" 2>&1 || source_failed
	source=$(apt_own "$own" apt-cache show "$package=$version" | sed -n 's/^Source: \([^ ]*\).*/\1/p')
	for part_version in "$version" $(archive_versions "$package" "$suite"); do
		part=$build/cache/${source}_$part_version.$1.tar.xz
		[ "$1" != orig ] || part=$build/cache/${source}_${part_version%-*}.orig.tar.xz
		[ ! -e "$part" ] || return 0
		need_space 1
		mkdir -p "$scratch/$1"
		(cd "$scratch/$1" && apt_sources source --download-only $only "$source=$part_version") \
			>> "$logs/source-package.log" 2>&1 < /dev/null || continue
		mv "$scratch/$1"/*."$1".tar.xz "$part"
		return 0
	done
	source_failed
}

source_failed() { die "cannot download the source of linux: $(apt_reason "$logs/source-package.log")"; }

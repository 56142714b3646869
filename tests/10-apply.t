#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies without fuzz: to the Debian source, and to the kernel.org
# tarball of the same version.
. "$(dirname "$0")/tap.sh"

use_source
touched=$(git_linux diff --name-only --diff-filter=a base "$series_commit")

mkdir "$scratch/debian"
git_linux archive base $touched | tar -x -C "$scratch/debian"
check "without fuzz to $package $version" apply_to "$scratch/debian"

# The tarball is the "orig" file of the source package; Debian only leaves out
# files that are not free, none of them near KVM.
apt_sources() { apt_own source apt-get -q -o "Dir::Etc::sourcelist=$scratch/sources.list" -o Dir::Etc::sourceparts=- "$@"; }

# fetch_orig: set $orig and $upstream. The archive sometimes has the binary
# packages of a version and not its source; an older one must do then.
fetch_orig()
{
	local v source
	upstream=${version%-*}
	orig=$build/cache/linux_$upstream.orig.tar.xz
	[ ! -e "$orig" ] || return 0
	need_space 1
	apt_update "$host"
	# shellcheck disable=SC2016 # apt's variables
	apt_own "$host" apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u > "$scratch/sources.list"
	apt_sources update > "$logs/orig.log" 2>&1 || return 1
	source=$(apt_own "$host" apt-cache show "$package=$version" | sed -n 's/^Source: \([^ ]*\).*/\1/p')
	for v in "$version" $(archive_versions "$package"); do
		upstream=${v%-*}
		orig=$build/cache/linux_$upstream.orig.tar.xz
		[ ! -e "$orig" ] || return 0
		mkdir -p "$scratch/orig"
		(cd "$scratch/orig" && apt_sources source --download-only --tar-only "$source=$v") \
			>> "$logs/orig.log" 2>&1 < /dev/null || continue
		mv "$scratch"/orig/*.orig.tar.xz "$orig"
		return 0
	done
	return 1
}

fetch_orig || die "cannot download the source of linux: $(apt_reason "$logs/orig.log")"
name=$upstream
[ "$name" = "${version%-*}" ] || name+=" (the archive has none of ${version%-*})"
mkdir "$scratch/upstream"
# Whatever its top folder is called
tar -xf "$orig" -C "$scratch/upstream" --strip-components=1 --wildcards $(printf '*/%s ' $touched)
check "without fuzz to the kernel.org tarball of $name" apply_to "$scratch/upstream"

finish

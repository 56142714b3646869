#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies without fuzz to every version of its source package that
# the archive holds, and to the kernel.org tarball.
# Uses: patches archive
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/source-package.sh"

use_source
touched=$(git_linux diff --name-only --diff-filter=a base "$series_commit")

[ -z "${SOURCE:-}" ] || { skip 'SOURCE= is no package, and has one version'; finish; }
apt_update "$host" "$suite"
versions=$(archive_versions "$package" "$suite")
for v in $versions; do
	say "  applying to $package $v"
	fetch_source "$package" "$v" "$suite"
	# shellcheck disable=SC2086 # a list
	unpack_source "$source_deb" "$scratch/$v" $touched
	check "without fuzz to $package $v" apply_to "$scratch/$v"
done

# The tarball is the "orig" file of the source package; Debian only leaves out
# files that are not free, none of them near KVM.
if ! why=$( (source_package orig) 2>&1); then
	skip "the kernel.org tarball: ${why##*error: }"
	finish
fi
source_package orig
name=${part_version%-*}
[ "$name" = "${version%-*}" ] || name+=" (the archive has none of ${version%-*})"
mkdir "$scratch/upstream"
# Whatever its top folder is called
# shellcheck disable=SC2046 # a list
tar -xf "$part" -C "$scratch/upstream" --strip-components=1 --wildcards $(printf '*/%s ' $touched)
check "without fuzz to the kernel.org tarball of $name" apply_to "$scratch/upstream"

finish

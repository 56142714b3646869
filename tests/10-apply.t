#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies without fuzz: to the Debian source, and to the kernel.org
# tarball of the same version.
. "$(dirname "$0")/tap.sh"
. "$top/tests/source-package.sh"

use_source
touched=$(git_linux diff --name-only --diff-filter=a base "$series_commit")

mkdir "$scratch/debian"
git_linux archive base $touched | tar -x -C "$scratch/debian"
check "without fuzz to $package $version" apply_to "$scratch/debian"

# The tarball is the "orig" file of the source package; Debian only leaves out
# files that are not free, none of them near KVM.
source_package orig
name=${part_version%-*}
[ "$name" = "${version%-*}" ] || name+=" (the archive has none of ${version%-*})"
mkdir "$scratch/upstream"
# Whatever its top folder is called
tar -xf "$part" -C "$scratch/upstream" --strip-components=1 --wildcards $(printf '*/%s ' $touched)
check "without fuzz to the kernel.org tarball of $name" apply_to "$scratch/upstream"

finish

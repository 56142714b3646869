#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies without fuzz to every version of its source package that
# the archive holds.
. "$(dirname "$0")/tap.sh"

use_source
touched=$(git_linux diff --name-only --diff-filter=a base "$series_commit")

apt_update "$host"
versions=$(archive_versions "$package")
for v in $versions; do
	say "  applying to $package $v"
	fetch_source "$package" "$v"
	mkdir "$scratch/$v"
	dpkg-deb --fsys-tarfile "$source_deb" | tar -xO --wildcards './usr/src/*.tar.xz' |
		tar -xJ -C "$scratch/$v" --strip-components=1 --wildcards $(printf '*/%s ' $touched)
	check "without fuzz to $package $v" apply_to "$scratch/$v"
done

finish

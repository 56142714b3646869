#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# SOURCE=: the series applies to a kernel tarball and to a git tree of the user's, builds,
# and passes its selftests; where a patch does not fit, one line names it and the file.
# Uses: each-patch base kernel:series:host selftests:series machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/source-package.sh"
. "$top/tests/lib/targets.sh"

[ -z "${SOURCE:-}" ] || { skip 'this test has its own SOURCE='; finish; }
use_source

# kernel.org's tarball, which Debian has as the "orig" file; of a backport the archive
# may have the package alone, whose tarball is of the same form
if (source_package orig) > /dev/null 2>&1; then
	source_package orig
	tarball=$part
else
	fetch_source "$package" "$version" "$suite"
	tarball=$scratch/linux.tar.xz
	dpkg-deb --fsys-tarfile "$source_deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' > "$tarball"
fi

# A git tree whose commit is the base, and another that has a line changed
git clone -q --shared --no-checkout "$linux" "$scratch/git"
git -C "$scratch/git" update-ref --no-deref HEAD "$(git_linux rev-parse base)"
git -C "$scratch/git" read-tree HEAD
first=$(series | head -n 1)
file=$(sed -n 's|^+++ b/||p' "$series_dir/$first" | head -n 1)
changed=$(git -C "$scratch/git" show "HEAD:$file" | sed 's/case ESR_ELx_EC_SVC32:/case ESR_ELx_EC_SVC33:/' | git -C "$scratch/git" hash-object -w --stdin)
git clone -q --shared --no-checkout "$scratch/git" "$scratch/changed"
git -C "$scratch/changed" read-tree HEAD
git -C "$scratch/changed" update-index --cacheinfo "100644,$changed,$file"
git -C "$scratch/changed" -c user.name=N -c user.email=n@example.org commit -q -m changed

# Its own kernel and selftests, with VHE
passes()
(
	SOURCE=$1
	use_source
	kernel "$series_commit" host
	selftests "$series_commit"
	mapfile -t programs < <(own_selftests "$selftests")
	selftests_job "$scratch/job.d" "${programs[@]}"
	job vhe "$image" "$scratch/job.d" > "$logs/source.log" || true
	bad=$(job_failures "$logs/source.log")
	echo "${bad:-$(grep -c '^ok' "$logs/source.log") checks of $version}"
	[ -z "$bad" ]
)
check "a tarball, ${tarball##*/}: builds and passes its selftests" passes "$tarball"
check 'a git tree: builds and passes its selftests' passes "$scratch/git"
refuses 'a tree that a patch does not fit' "$first does not apply to linux .*, in $file" \
	env SOURCE="$scratch/changed" "LINUX=${series_dir##*/}" "$copy/scripts/headers.sh"

finish

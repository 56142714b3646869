#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies without fuzz to every version of its source package that
# the archive holds, and to the kernel.org tarball; in debian/patches it passes the
# source package's own check of patches.
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

# make quilt, as docs/distributions.md says, in Debian's own debian/; it is $top/scripts/quilt.sh
if ! why=$( (source_package debian) 2>&1); then
	skip "Debian's debian/: ${why##*error: }"
	finish
fi
source_package debian
mkdir "$scratch/source"
tar -xf "$part" -C "$scratch/source"
# said: what debian/bin/check-patches.sh says of patches of ours, under each of its headings
said()
{
	(cd "$scratch/source" && sh debian/bin/check-patches.sh) |
		awk '/^[A-Z]/ { heading = $0 } /smccc-filter/ { print heading }' | sort | uniq -c | sed 's/^ *//'
}
in_debian()
{
	"$top/scripts/quilt.sh"
	# shellcheck disable=SC2016 # Markdown's
	sed -n '/^```sh quilt$/,/^```$/{ /^```/!p }' "$top/docs/distributions.md" > "$scratch/block"
	(cd "$scratch/source" && quilt=$build/quilt bash -e "$scratch/block")
	said
	said | grep -qx "$(series | wc -l) Used patches"
	! said | grep -E 'Unused|without'
}
check "... and in debian/ of $part_version: every patch is used and has the headers that Debian wants" in_debian
# exported: the symbols of KVM on arm64 that debian/config/defines does not ignore
exported()
{
	local symbol pattern
	for symbol in $(git_linux grep -hoP 'EXPORT_SYMBOL(_GPL)?\(\K\w+' base -- virt/kvm arch/arm64/kvm kernel/entry/kvm.c | sort -u); do
		while read -r pattern; do
			# shellcheck disable=SC2053 # a pattern
			[[ $symbol != $pattern ]] || continue 2
		done < <(sed -n '/^ignore-changes:/,/^\[/s/^ //p' "$scratch/source/debian/config/defines")
		echo "$symbol"
	done
}
not_ignored() { diff <(printf '%s\n' file_is_kvm mark_page_dirty_in_slot xfer_to_guest_mode_handle_work) <(exported); }
[ "${series_dir##*/}" != 6.1 ] || check '... whose ABI check ignores what docs/distributions.md says' not_ignored
no_reference() { [ ! -e "$scratch/source/debian/abi" ] && grep -q 'ABI not checked!' "$scratch/source/debian/bin/buildcheck.py"; }
[ "${series_dir##*/}" != 6.1 ] || check '... and which has no ABI reference' no_reference

finish

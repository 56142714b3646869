#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make export: write the commits of build/tree back as the series.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/patches.sh"

[ -e "$tree/.git" ] || die "there is no $tree; make it with: make tree"
lock
linux=$tree
branch=series
git_linux rev-parse -q --verify $branch > /dev/null || die "$tree has no branch $branch; remove the tree and make it again"

# Builds happen elsewhere, so whatever is not committed was forgotten
dirty=$(git_linux status --porcelain; git_linux ls-files --others)
[ -z "$dirty" ] || die "$tree has what is not committed (git add -f, commit, or remove it):" $dirty
[ -z "$(git_linux rev-list --merges base..$branch)" ] || die "the branch $branch has a merge; rebase it onto base"
[ -n "$(git_linux rev-list base..$branch)" ] || die "the branch $branch has no commits on base"

new=$(mktemp -d "$build/export.XXXXXX")
trap 'rm -rf "$new"' EXIT
format_patches $branch "$new" "$(git_linux config branch.$branch.description)"
write_series "$new" > "$new/series"

changed=0
for old in "$series_dir"/*.patch; do
	if [ -e "$old" ] && [ ! -e "$new/${old##*/}" ]; then
		say "  - ${old##*/}"
		rm "$old"
		changed=1
	fi
done
for file in "$new"/*; do
	if ! cmp -s "$file" "$series_dir/${file##*/}"; then
		say "  + ${file##*/}"
		cp "$file" "$series_dir/${file##*/}"
		changed=1
	fi
done
((changed)) || say "nothing changed: ${series_dir#"$top"/} is what $tree holds"
finished export

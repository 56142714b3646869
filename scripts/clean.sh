#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make clean: remove build/, unless work in a tree of make tree would be lost
# with it.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"

for series in "$top"/patches/*; do
	pick_series "$series"
	[ -e "$tree/.git" ] || continue
	dirty=$(git -C "$tree" status --porcelain; git -C "$tree" ls-files --others)
	[ -z "$dirty" ] || die "$tree has work that is not committed; commit and make export, or remove it yourself"
	LINUX=${series##*/} "$top/scripts/export.sh" 2>&1 | grep -q 'nothing changed' ||
		die "$tree had commits that were not exported; they are in ${series#"$top"/} now: look at git diff, then make clean again"
done
lock
rm -rf "$build"

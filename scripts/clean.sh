#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make clean: remove build/, unless work in build/tree would be lost with it.
. "$(dirname "$0")/lib.sh"

tree=$build/tree
if [ -e "$tree/.git" ]; then
	dirty=$(git -C "$tree" status --porcelain; git -C "$tree" ls-files --others)
	[ -z "$dirty" ] || die "$tree has work that is not committed; commit and make export, or remove it yourself"
	"$top/scripts/export.sh" 2>&1 | grep -q 'nothing changed' ||
		die "$tree had commits that were not exported; they are in patches/6.1 now: look at git diff, then make clean again"
fi
lock
rm -rf "$build"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make tree: build/tree, where the series is edited: the base as one commit,
# each patch as one commit on the branch "series".
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/patches.sh"

[ ! -e "$tree" ] || die "$tree is there already; export it, or remove it with: git -C ${linux:-$build/linux-$base_version} worktree remove --force $tree"

# The whole series, whatever is built and tested otherwise
unset SERIES
use_source
git_linux worktree prune
step "checking out $tree" git_linux worktree add -q -f -B series "$tree" "$series_commit"
git_linux config branch.series.description "$(cover_description)"
say "$tree has $package $version and $(series | wc -l) patches on the branch series.
Commit there (new files with git add -f), rebase until each patch is right, then: make export"
finished tree

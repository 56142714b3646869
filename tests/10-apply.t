#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series applies to the Debian source without fuzz.
# Uses: base patches
. "$(dirname "$0")/lib/tap.sh"

use_source
mkdir "$scratch/debian"
# shellcheck disable=SC2046 # a list
git_linux archive base $(git_linux diff --name-only --diff-filter=a base "$series_commit") | tar -x -C "$scratch/debian"
check "without fuzz to $package $version" apply_to "$scratch/debian"

finish

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A copy of this repository for tests of the make targets. Source it after tap.sh.

# A copy of this repository, to be spoiled, that builds where we build
copy=$scratch/copy
mkdir "$copy"
(cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy")
git -C "$copy" init -q
export BUILD=$build

# refuses TEXT PATTERN COMMAND...: COMMAND fails, and its last line is an error
# that matches PATTERN
refuses()
{
	local text=$1 pattern=$2 status=0; shift 2
	"$@" > "$scratch/out" 2>&1 < /dev/null || status=$?
	if [ $status != 0 ] && tail -n 1 "$scratch/out" | grep -q "^error: .*$pattern"; then
		ok "$text"
	else
		not_ok "$text: status $status, wanted /$pattern/"
		tail -n 5 "$scratch/out" | diag
	fi
}

# with_stubs NAME=SCRIPT... -- COMMAND...: COMMAND finds these first in its PATH
with_stubs()
{
	local bin
	bin=$(mktemp -d "$scratch/bin.XXXXXX")
	while [ "$1" != -- ]; do
		printf '#!/bin/bash\n%s\n' "${1#*=}" > "$bin/${1%%=*}"
		chmod +x "$bin/${1%%=*}"
		shift
	done
	shift
	PATH=$bin:$PATH "$@"
}


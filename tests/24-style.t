#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch --strict with codespell has nothing to say about a patch but what
# tests/style-exceptions names, and that says why.
. "$(dirname "$0")/tap.sh"

use_source
need perl python3 codespell python3-ply python3-git
checkout "$series_commit"
dictionary=$(dpkg -L codespell | grep '/dictionary.txt$')
exceptions=$top/tests/style-exceptions

# said COMMIT: what checkpatch says, as PATH TYPE TEXT; - is the message
said()
{
	(cd "$linux" && PATH=/usr/bin:$PATH perl scripts/checkpatch.pl --strict --codespell \
		"--codespellfile=$dictionary" --show-types --terse --showfile --git "$1" 2>&1 || true) |
		sed -nE -e '/^total:|^$/d' \
			-e 's/^[0-9a-f]+:[0-9]+: FILE: //' \
			-e 's/^([^:]*):[0-9]*: [A-Z]*:([A-Z_]+): /\1 \2 /' -e 's/^ /- /' -e p
}

# The exceptions that are about files of this series, or say that they are
excepted() { sed -nE -e '/^#/d' -e '/ -- \(/{' -e "/ -- \(${series_dir##*/}\)/!d" -e '}' -e 's/ -- .*//p' "$exceptions" | grep -Ff <(git_linux diff --name-only base "$series_commit"); }

for patch in $(series); do
	nr=$((${nr:-0} + 1))
	said "$(git_linux rev-parse "$(patch_commit $nr)")" > "$scratch/said"
	cut -d ' ' -f 1,2 "$scratch/said" >> "$scratch/all"
	clean() { ! grep -vFf <(excepted) "$scratch/said"; }
	check "${patch%.patch}" clean
done

rm -f "$linux"/.checkpatch-camelcase*

unused() { ! excepted | grep -vxFf "$scratch/all"; }
check 'checkpatch was there, and each exception is still one' unused

figure "$nr patches, $(excepted | wc -l) exceptions"
finish

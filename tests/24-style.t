#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch --strict with codespell has nothing to say about a patch but what
# tests/lists/style-exceptions names, and that says why.
# Uses: patches base deb:codespell
. "$(dirname "$0")/lib/tap.sh"

use_source
need perl python3 codespell python3-ply python3-git
checkout "$series_commit"
dictionary=$(dpkg -L codespell | grep '/dictionary.txt$')
exceptions=$top/tests/lists/style-exceptions

# The selftests' folder has another name since Linux 6.14
one_folder='s,^(tools/testing/selftests/kvm/.*)arm64/,\1aarch64/,'

# said COMMIT: what checkpatch says, as PATH TYPE TEXT; - is the message
said()
{
	(cd "$linux" && PATH=/usr/bin:$PATH perl scripts/checkpatch.pl --strict --codespell \
		"--codespellfile=$dictionary" --show-types --terse --showfile --git "$1" 2>&1 || true) |
		sed -nE -e '/^total:|^$/d' \
			-e 's/^[0-9a-f]+:[0-9]+: FILE: //' \
			-e 's/^([^:]*):[0-9]*: [A-Z]*:([A-Z_]+): /\1 \2 /' -e 's/^ /- /' \
			-e "$one_folder" -e p
}

# The exceptions that are about files of this series, say that they are, or are
# about messages (-)
excepted() { sed -nE -e '/^#/d' -e '/ -- \(/{' -e "/ -- \(${series_dir##*/}\)/!d" -e '}' -e 's/ -- .*//p' "$exceptions" | grep -Ff <(echo '- '; git_linux diff --name-only base "$series_commit" | sed -E "$one_folder"); }

# Those that are not kept, two at a time
key_of() { cat "$series_dir/$1" "$exceptions"; echo "$package $version"; }
said_of() { said "$(git_linux rev-parse "$(patch_commit "$1")")" > "$scratch/said-$1"; }
clean() { ! grep -vFf <(excepted) "$scratch/said-$nr"; }
mapfile -t patches < <(series)
new=()
for nr in "${!patches[@]}"; do
	[ -e "$(kept_as "$(key_of "${patches[nr]}")" clean)" ] || new+=($((nr + 1)))
done
in_parallel said_of "${new[@]}"
nr=0
for patch in "${patches[@]}"; do
	nr=$((nr + 1))
	check_once "$(key_of "$patch")" "${patch%.patch}" clean
done

rm -f "$linux"/.checkpatch-camelcase*

# Where all of them were looked at
unused() { ! excepted | grep -vxFf <(cut -d ' ' -f 1,2 "$scratch"/said-*); }
[ ${#new[@]} != ${#patches[@]} ] || check 'checkpatch was there, and each exception is still one' unused

figure "$nr patches, $(excepted | wc -l) exceptions${nr_kept:+; $nr_kept checks kept}"
finish

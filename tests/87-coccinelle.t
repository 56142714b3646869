#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# coccicheck: the kernel's own semantic patches have nothing to report about a
# file that the series touches which they do not report about the base.
# Uses: tree:base tree:series deb:coccinelle
. "$(dirname "$0")/lib/tap.sh"

use_source
# Some of its scripts are in Python and in OCaml
need coccinelle libpython3.11 ocaml-nox

# As scripts/coccicheck does it, but for files of several directories at once
report()
{
	local script=$1 options; shift
	options=$(sed -n 's,^//* Options: *,,p' "$script")
	# shellcheck disable=SC2086 # a list
	timeout 600 spatch -D report --no-show-diff --very-quiet --cocci-file "$script" $options "$@" 2>&1 ||
		echo "$script: spatch ended with $?"
}
export -f report

# reports COMMIT SCRIPT...: what they report, without line numbers
reports()
{
	local files
	checkout "$1"; shift
	files=$(git_linux diff --name-only base "$series_commit" -- '*.[ch]')
	(cd "$linux" && files=$(ls $files 2>/dev/null || true) &&
		printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c "report {} $(paste -sd' ' <<< "$files")") |
		sed -E -e "/^\$/d" -e 's/:[0-9]+(:[0-9]+)?(-[0-9]+)?//g; s/line [0-9]+/line/g' | sort
}

mapfile -t scripts < <(git_linux ls-tree -r --name-only base scripts/coccinelle | grep '\.cocci$')
after() { reports "$series_commit" "${scripts[@]}" > "$scratch/after"; }
before() { reports base "${scripts[@]}" > "$scratch/before"; }
step "${#scripts[@]} semantic patches on the series" after
step 'the same on the base' before
diag < "$scratch/after"
new() { ! comm -13 "$scratch/before" "$scratch/after" | grep .; }
ended() { ! grep -h 'spatch ended with' "$scratch/before" "$scratch/after"; }
check 'every one ran to its end' ended
check "nothing new; $(wc -l < "$scratch/before") reports about the base" new

# A pointer that is used after it is freed, in a file of ours
spoil()
{
	checkout "$series_commit"
	cat >> "$linux/arch/arm64/kvm/hypercalls.c" <<-'END'

	static void spoiled(struct kvm *kvm)
	{
		int *p = kzalloc(8, GFP_KERNEL);

		kfree(p);
		*p = 1;
	}
	END
	(cd "$linux" && report scripts/coccinelle/free/kfree.cocci arch/arm64/kvm/hypercalls.c) | tee "$scratch/spoiled"
	checkout "$series_commit"
	grep -q 'ERROR: reference preceded by free' "$scratch/spoiled"
}
check 'it finds a use after free that is put there' spoil

figure "${#scripts[@]} semantic patches"
finish

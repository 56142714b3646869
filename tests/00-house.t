#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The repository itself: scripts, licences, the series file, the C code.
. "$(dirname "$0")/tap.sh"

need shellcheck perl
cd "$top"
mapfile -t tracked < <(git ls-files --cached --others --exclude-standard)

# Also those that others source, and those of the machine's own shell
is_script() { [ -f "$1" ] && { [[ $1 == *.sh ]] || head -n 1 "$1" | grep -q '^#!/bin/\(ba\)\?sh'; }; }
scripts=()
sources=()
for file in "${tracked[@]}"; do
	if is_script "$file"; then scripts+=("$file"); fi
	case $file in *.[ch]) sources+=("$file") ;; esac
done

check 'shellcheck passes every script' shellcheck -x -P SCRIPTDIR -P tests "${scripts[@]}"

licences()
{
	local file bad=0
	for file in "${tracked[@]}"; do
		case $file in
		COPYING | *.patch | *.md | *.svg | docs/check-all*.txt | .gitignore | .shellcheckrc | patches/*/base | tests/base-failures | tests/races | tests/style-exceptions | tests/unreached) continue ;;
		esac
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
			{ echo "$file: no SPDX line"; bad=1; }
	done
	return $bad
}
check 'every file has its licence' licences

series_file()
{
	diff <(SERIES=all series | sort) \
		<(find "$series_dir" -name '*.patch' ! -name '0000-*' -printf '%f\n' | sort)
}
check 'the series names every patch, and no other' series_file

verbs()
{
	local verb bad=0
	while read -r verb; do
		[ "$verb" = help ] || grep -q "make $verb\b" README.md ||
			{ echo "make $verb is not in README.md"; bad=1; }
	done < <(sed -n 's/^\([a-z-]*\):.*## .*/\1/p' Makefile)
	return $bad
}
check 'the README has every verb' verbs

# What it says of make check-all is from the page that make check-all wrote
quotes()
{
	sed -n 's/^    \([0-9][0-9]-[a-z-]* .* checks\)/\1/p' README.md > "$scratch/quotes"
	[ "$(wc -l < "$scratch/quotes")" -ge 5 ]
	while read -r quote; do grep -F -- "$quote" docs/check-all.txt; done < "$scratch/quotes"
}
check 'the README quotes docs/check-all.txt' quotes

use_source
checkout base
check 'checkpatch passes our C' "$linux/scripts/checkpatch.pl" --no-tree --strict --terse \
	--show-types -q \
	--ignore PREFER_KERNEL_TYPES,AVOID_EXTERNS,LONG_LINE_STRING,BIT_MACRO,VOLATILE,MACRO_ARG_REUSE \
	--ignore PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY,EMBEDDED_FUNCTION_NAME,COMPLEX_MACRO,LEADING_SPACE -f "${sources[@]}"

figure "${#scripts[@]} scripts and ${#sources[@]} C files"
finish

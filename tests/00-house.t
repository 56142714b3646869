#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The repository itself: scripts, licences, the series file, the C code.
# Uses: repository tree:base deb:shellcheck
. "$(dirname "$0")/lib/tap.sh"

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

check 'shellcheck passes every script' \
	xargs -P "$(nproc)" -n 8 shellcheck -x -P SCRIPTDIR -P tests/lib < <(printf '%s\n' "${scripts[@]}")

licences()
{
	local file bad=0
	for file in "${tracked[@]}"; do
		case $file in
		COPYING | LICENSES/* | scripts/guest/README | *.patch | *.md | *.svg | docs/test-report*.txt | .gitignore | .shellcheckrc | patches/*/base | tests/lists/*) continue ;;
		esac
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
			{ echo "$file: no SPDX line"; bad=1; }
	done
	return $bad
}
check 'every file has its licence' licences

# So that a VMM under any licence can take from it
both() { ! head -q -n 1 vmm/* | grep -v 'SPDX-License-Identifier: GPL-2.0 OR MIT' && ! git grep -l 'GPL-2.0 OR MIT' -- scripts tests/guest tests/lib bench configs; }
check 'the reference VMM is GPL-2.0 or MIT, and nothing else is' both

targets()
{
	local target bad=0
	while read -r target; do
		[ "$target" = help ] || grep -q "make $target\b" README.md ||
			{ echo "make $target is not in README.md"; bad=1; }
	done < <(sed -n 's/^\([a-z-]*\):.*## .*/\1/p' Makefile)
	return $bad
}
check 'the README has every make target' targets

# The words that the field has better ones for, in names and texts of ours
words()
{
	! printf '%s\n' "${tracked[@]}" | grep -vE '^(patches/|COPYING|CHANGELOG.md|tests/00-house.t|docs/test-report)' |
		xargs grep -nwiE 'verbs?|prefix(es)?|sanitised|beyond tier|held against|mended' |
		grep -vE 'prefix\.pl|(prefix|PREFIX)(-|=)|-prefix|this kernel says'
}
check 'words that have a better one' words

table() { diff <("$top/tests/lib/table" "$1") <(sed -n '/^<!-- table -->/,/^<!-- end -->/p' "$1"); }
for page in README.md tests/README.md; do
	check "$page has what the reports say" table $page
done

use_source
checkout base
# zstd's functions have names with capitals, of which checkpatch leaves a list where it runs
check 'checkpatch passes our C' env -C "$scratch" xargs -P "$(nproc)" -n 8 "$linux/scripts/checkpatch.pl" --no-tree --strict --terse \
	--show-types -q \
	--ignore PREFER_KERNEL_TYPES,AVOID_EXTERNS,LONG_LINE_STRING,BIT_MACRO,VOLATILE,MACRO_ARG_REUSE \
	--ignore CAMELCASE,PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY,EMBEDDED_FUNCTION_NAME,COMPLEX_MACRO,LEADING_SPACE -f < <(printf "$top/%s\n" "${sources[@]}")

figure "${#scripts[@]} scripts and ${#sources[@]} C files"
finish

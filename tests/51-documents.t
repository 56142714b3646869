#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The documents: what they link to is there, the program in them does what they
# say, and the names are those of the headers.
# In them, ```sh is for this repository (tests/89-commands.t),
# ```sh quilt for tests/52-tarballs.t, and ```hardware for who has some.
# Uses: repository kernel:series:host headers:series machine
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the documents are about patches/6.1'; finish; }

use_source
need_compiler
kernel "$series_commit" host
headers_of "$series_commit" arm64
cd "$top"
documents=(README.md ./*/*.md)

links()
{
	local file target bad=0
	for file in "${documents[@]}" CHANGELOG.md; do
		while read -r target; do
			[ -e "$(dirname "$file")/${target%%#*}" ] || { echo "$file: no $target"; bad=1; }
		done < <(grep -o '](\([^)#:]*\)[)#]' "$file" | sed 's/^](//; s/[)#]$//')
	done
	return $bad
}
check 'every link to a file of ours finds it' links

# block FILE KIND N: the Nth block of that kind
block() { awk -v kind="\`\`\`$2" -v n="$3" '/^```/ { inside = $0 == kind && ++i == n; next } inside' "$1"; }

# Headings are what links with # are about
anchors()
{
	local file target anchor bad=0
	for file in "${documents[@]}"; do
		while IFS='#' read -r target anchor; do
			target=$(dirname "$file")/${target:-${file##*/}}
			sed -n 's/^#* //p' "$target" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | grep -qx -e "$anchor" ||
				{ echo "$file: $target has no #$anchor"; bad=1; }
		done < <(grep -o '](\([^):]*\)#[^)]*)' "$file" | sed 's/^](//; s/)$//')
	done
	return $bad
}
check 'every link to a heading finds it' anchors

kinds() { ! grep -Hn '^```.' "${documents[@]}" | grep -vE ':```(sh|sh quilt|hardware|output|c)$'; }
check 'every block says what it is' kinds

# The thirty lines, in the machine
block docs/vmm-authors.md c 1 > "$scratch/filter.c"
compiles() { "${arm64_cross}gcc" -Wall -Wextra -Werror -O2 -static -isystem "$headers/include" -o "$scratch/filter" "$scratch/filter.c"; }
check 'vmm-authors.md: the program compiles' compiles
thirty() { [ "$(sed -n '/^int main/,/^}/p' "$scratch/filter.c" | grep -c .)" -le 30 ]; }
check '... and has thirty lines at most' thirty
mkdir "$scratch/job.d"
cp "$scratch/filter" "$scratch/job.d"
printf '%s\n' "echo '=== begin filter'" /filter "echo '=== end filter' 0" 'echo === all done' > "$scratch/job.d/job"

# output IMAGE: what the program prints there
output() { job vhe "$1" "$scratch/job.d" | sed -n '/^=== begin filter/,/^=== end filter/{ /^===/d; p; }'; }
output "$image" > "$scratch/with"
check '... and prints what the page says' diff <(block docs/vmm-authors.md output 1) "$scratch/with"
# Every number and name of the ABI that a document has is that of the headers
names()
{
	local name bad=0
	while read -r name; do
		grep -qrw "$name" "$headers/include" || { echo "no $name in the headers"; bad=1; }
	done < <(grep -ohE '\bKVM_[A-Z0-9_]*(SMCCC|HYPERCALL)[A-Z0-9_]*\b' "${documents[@]}" | sort -u)
	return $bad
}
check 'every name of the ABI is in the headers' names

finish

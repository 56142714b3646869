#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The documents: what they link to is there, the programs in them do what they
# say, names, numbers and outputs are those of the headers, of bench/ and of make run.
# In them, ```sh is for this repository (tests/89-commands.t),
# ```sh quilt for tests/52-tarballs.t, ```sh once has been run by hand, with its result
# beside it, and ```hardware is for who has some.
# Uses: repository kernel:series:host vmm:series machine
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the documents are about patches/6.1'; finish; }

use_source
need_compiler
kernel "$series_commit" host
headers_of "$series_commit" arm64
cd "$top"
documents=(./*.md ./*/*.md)

links()
{
	local file target bad=0
	for file in "${documents[@]}"; do
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

kinds() { ! grep -Hn '^```.' "${documents[@]}" | grep -vE ':```(sh|sh quilt|sh once|hardware|output|c)$'; }
check 'every block says what it is' kinds

# Fragments of C are the inside of a function that has a VM and a vCPU
fragment()
{
	{
		printf '#include <%s>\n' err.h linux/kvm.h sys/ioctl.h
		echo 'void fragment(int vm, int vcpu, struct kvm_run *run) {'
		block "$1" c "$2"
		echo '}'
	} > "$scratch/fragment.c"
	"${arm64_cross}gcc" -Wall -Wextra -Werror -Wno-unused-parameter -isystem "$headers/include" -c -o "$scratch/fragment.o" "$scratch/fragment.c"
}
for place in 'README.md 1' 'docs/vmm-authors.md 1' 'docs/vmm-authors.md 2' 'docs/interface.md 1'; do
	check "${place% *}: fragment ${place#* } compiles" fragment ${place% *} ${place#* }
done
six() { [ "$(block README.md c 1 | grep -c .)" -le 6 ]; }
check 'README.md: the fragment has six lines at most' six

# What make run prints, where counts and addresses differ from one run to the next
same_run() { sed -E 's/0x[0-9a-f]+/0x#/g; s/[0-9]+/#/g; s/ +/ /g'; }
"$top/scripts/run.sh" > "$scratch/run" 2>&1 || true
sample()
{
	block README.md output 1 | same_run > "$scratch/wanted"
	same_run < "$scratch/run" > "$scratch/printed"
	awk 'NR == FNR { wanted[++n] = $0; next }
	     i < n && $0 == wanted[i + 1] { i++ }
	     END { if (i < n) print "make run does not print: " wanted[i + 1]; exit !n || i < n }' "$scratch/wanted" "$scratch/printed"
}
check 'README.md: make run prints what is shown, in that order' sample
dozen() { [ "$(block README.md output 1 | grep -c .)" -le 14 ]; }
check '... which is a dozen lines or two more' dozen

# Numbers of instructions are those that bench/ has
numbers()
{
	local number bad=0
	while read -r number; do
		grep -qw -e "$number" bench/README.md || { echo "$number is not in bench/README.md"; bad=1; }
	done < <(grep -ohP '[0-9,]+(?= instructions| with it| before the series)|(?<=takes )[0-9]+,[0-9]+' README.md docs/interface.md docs/distributions.md)
	[ $bad = 0 ] && grep -q 'instructions' docs/interface.md
}
check 'numbers of instructions are those of bench/' numbers

# What is installed is explained
packages()
{
	local package bad=0
	while read -r package; do
		grep -qF "\`$package\`" docs/dependencies.md || { echo "docs/dependencies.md has no $package"; bad=1; }
	done < <(grep -hP '^\s*(\[.*\] \|\| )?need [a-z]' -r scripts tests/*.t tests/lib | sed 's/.*\bneed //; s/[;|&#"$}].*//' |
		tr -s ' \t' '\n' | grep -E '^[a-z][a-z0-9+.-]+$' | sort -u)
	return $bad
}
check 'docs/dependencies.md has every package that is installed' packages

# The pictures are what their sources say, whatever the fonts are; the numbers of
# patches in docs/parts.dot are those of the series
need graphviz
texts() { grep -o '>[^<>]*</text>' "$1" | sort; }
drawn()
{
	local dot bad=0
	for dot in docs/*.dot; do
		dot -Tsvg "$dot" > "$scratch/picture.svg"
		diff <(texts "${dot%.dot}.svg") <(texts "$scratch/picture.svg") || { echo "make pictures draws another ${dot%.dot}.svg"; bad=1; }
	done
	return $bad
}
check 'docs/*.svg are drawn from docs/*.dot' drawn
parts()
{
	local series part nr
	for series in 6.1 6.12 7.3; do
		for part in fixes core extensions; do
			nr=$(awk -v part="# $part" 'index($0, "# ") == 1 { inside = index($0, part) == 1 } inside && /\.patch$/ { n++ } END { print n + 0 }' "patches/$series/series")
			[ "$nr" = 0 ] || grep "${part}${series/./} \[" docs/parts.dot | grep -qF "\\n$nr patches" ||
				{ echo "docs/parts.dot: $series has $nr $part"; return 1; }
		done
	done
}
check 'docs/parts.dot has the numbers of patches' parts

# The thirty lines, in the machine
block docs/vmm-authors.md c 3 > "$scratch/filter.c"
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

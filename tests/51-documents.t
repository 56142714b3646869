#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The documents: what they say to type works, what they say it prints is
# printed, what they link to is there, and the numbers are those of the headers.
# In them, ```sh is for this repository, ```sh quilt for tests/52-tarballs.t,
# and ```hardware for who has some.
. "$(dirname "$0")/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the documents are about patches/6.1'; finish; }

use_source
need_compiler
need b4
kernel "$series_commit" host
selftests "$series_commit"
cd "$top"
documents=(README.md */*.md)

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

# A copy of this repository that builds where we build, but for the tree of
# make tree. Its make leaves to their own tests what takes long.
copy=$scratch/copy
mkdir -p "$copy/build" "$scratch/bin"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
git -C "$copy" init -q
for dir in apt cache kernels selftests obj; do mkdir -p "$build/$dir"; ln -s "$build/$dir" "$copy/build"; done
git clone -q --shared --no-checkout "$linux" "$copy/build/linux-$version"
touch "$copy/build/linux-$version/.git/smccc-base"
# The version that series.md moves to, if it is none yet
[ "$version" = 6.1.193-1 ] || (
	git clone -q --shared --no-checkout "$linux" "$copy/build/linux-6.1.193-1"
	cd "$copy/build/linux-6.1.193-1"
	git read-tree base
	makefile=$(git show base:Makefile | sed 's/^SUBLEVEL = .*/SUBLEVEL = 193/' | git hash-object -w --stdin)
	git update-index --cacheinfo "100644,$makefile,Makefile"
	git tag -f base "$(git -c user.name=N -c user.email=n@example.org commit-tree -m 6.1.193-1 "$(git write-tree)")" > /dev/null
	touch .git/smccc-base
)
cat > "$scratch/bin/make" <<END
#!/bin/bash
case \$* in
run)		grep -q '/run.sh' "$top/tests/50-verbs.t" ;;
check*)		grep -q 'make check' "$top/.ci/run" ;;
deb)		grep -q '/deb.sh' "$top/tests/88-deb.t" ;;
bench)		grep -q '/bench.sh' "$top/tests/45-bench.t" ;;
*)		exec /usr/bin/make "\$@" ;;
esac
END
chmod +x "$scratch/bin/make"

# runs FILE N: the Nth ```sh of the document
runs()
{
	block "$1" sh "$2" > "$scratch/block"
	(cd "$copy" && env -u SMCCC_LOCKED -u BUILD PATH="$scratch/bin:$PATH" bash -e "$scratch/block") \
		2>&1 < /dev/null | tee "$scratch/$(basename "$1")-$2"
}
for file in "${documents[@]}"; do
	for ((i = 1; i <= $(grep -cx '```sh' "$file"); i++)); do
		say "  $file: $(block "$file" sh $i | head -n 1)"
		check "$file: $(block "$file" sh $i | head -n 1)" runs "$file" $i
	done
done
check '... and make export prints what series.md says' diff <(block docs/series.md output 1) <(grep '^  [-+]' "$scratch/series.md-2")
mails() { [ "$(find "$copy/build/mail" -name '*.eml' | wc -l)" = $(($(series | wc -l) + 1)) ] && grep -l 'maz@kernel\.org' "$copy"/build/mail/0000-*; }
check '... and a mail for each patch is there, with a cover letter to the maintainers' mails

# The thirty lines, in the machine
block docs/vmm-authors.md c 1 > "$scratch/filter.c"
compiles() { "${arm64_cross}gcc" -Wall -Wextra -Werror -O2 -static -isystem "$selftests/headers/include" -o "$scratch/filter" "$scratch/filter.c"; }
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
kernel base host
output "$image" > "$scratch/without"
check '... and on the untouched base that there is no filter' \
	grep -qx 'filter: this kernel has no SMCCC filter' "$scratch/without"

# Every number and name of the ABI that a document has is that of the headers
names()
{
	local name bad=0
	while read -r name; do
		grep -qrw "$name" "$selftests/headers/include" || { echo "no $name in the headers"; bad=1; }
	done < <(grep -ohE '\bKVM_[A-Z0-9_]*(SMCCC|HYPERCALL)[A-Z0-9_]*\b' "${documents[@]}" | sort -u)
	return $bad
}
check 'every name of the ABI is in the headers' names

finish

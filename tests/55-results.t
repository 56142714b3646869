#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check and make check-all keep each result under what the test used: a change
# makes those tests run again that depend on it, and no others.
# Uses: repository each-patch base
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'tried with patches/6.1'; finish; }
unset KERNEL TESTS KEPT
use_source
need_compiler
. "$top/tests/lib/targets.sh"

# The trees are ours, the results are not
mkdir "$scratch/plan"
for dir in apt cache; do ln -s "$build/$dir" "$scratch/plan"; done
# A small base: the directories whose hashes are inputs, and what the series touches
mkdir "$scratch/plan/linux-$version"
mapfile -t touched < <(git_linux diff --name-only --diff-filter=a base "$series_commit")
git_linux archive base scripts include/uapi arch/{arm64,x86}/include/uapi "${touched[@]}" | tar -x -C "$scratch/plan/linux-$version"
(linux=$scratch/plan/linux-$version && commit_base)

# keys: those of the inputs of each test, as the copy is now; two of them would unpack
# Linux 6.12 and 7.3 for their own
keys() { (cd "$copy" && BUILD=$scratch/plan TESTS='tests/!(85-bench|95-one-program|99-move).t' "$copy/scripts/check.sh" --all --keys); }
keys > "$scratch/before"
check 'every test has a key' diff <(find "$copy/tests" -name '*.t' ! -name 85-bench.t ! -name 95-one-program.t ! -name 99-move.t -printf '%f\n' | sed 's/\.t$//' | sort) <(cut -d' ' -f1 "$scratch/before")

# changes TEXT PATTERN COMMAND...: after COMMAND the keys differ of those tests, and
# of no others, whose names match PATTERN. The copy is as before then.
changes()
{
	local text=$1 pattern=$2; shift 2
	"$@"
	keys > "$scratch/after"
	{ diff "$scratch/before" "$scratch/after" || true; } | sed -n 's/^> \([^ ]*\) .*/\1/p' > "$scratch/changed"
	cut -d' ' -f1 "$scratch/before" | grep -xE "$pattern" > "$scratch/expected" || true
	check "$text" diff "$scratch/expected" "$scratch/changed"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy")
}

# in_last FILES SUBSTITUTION: in the last patch that touches such files, so that no
# later one minds
in_last()
{
	local patch
	patch=$(SERIES=all series | sed "s,^,$copy/patches/6.1/," | xargs grep -lE "^\+\+\+ b/$1" | tail -n 1)
	perl -0pi -e "$2" "$patch"
	! cmp -s "$patch" "$series_dir/${patch##*/}"
}
of_repository='00-house|50-targets|51-documents|55-results|89-commands'
texts='10-apply|11-round-trip|24-style|52-tarballs|72-versions|89-commands|97-ci'
documents='22-documentation|87-coccinelle|88-deb'

changes 'a word of the cover letter' "$texts" sed -i 's/^On Linux 6.1, KVM/In Linux 6.1, KVM/' "$copy/patches/6.1/0000-cover-letter.patch"
# shellcheck disable=SC2016 # perl's
changes "a word of a patch's message" "$texts" in_last '' 's/(\n\n.*?) the /$1 this /'
# shellcheck disable=SC2016 # perl's
changes 'a word of Documentation/' "$texts|$documents" in_last Documentation 's,(\n\+\+\+ b/Documentation.*?\n\+[^+\n]* )the ,$1this ,s'

# A comment or a line of the kernel's code: all that is built from it. Whether the
# bytes are the same is known when it is built.
kernel='20-each-patch|50-targets|51-documents|55-results|22-documentation|30-selftests|40-mainline-abi|41-vmm|45-cost|70-kasan|71-x86|74-warnings|75-generic-selftests|76-vmm-matrix|77-vmm-kasan|78-coverage|79-limits|80-each-patch-selftests|81-kcsan|82-fuzz|83-existing|84-arm64-selftests|86-pages|87-coccinelle|88-deb|90-mutants|91-vmm-mutants|92-mutants-kasan|93-teardown|94-newer-qemu|96-source|98-debian-guest'
# shellcheck disable=SC2016 # perl's
changes "a line of the kernel's code" "$texts|$kernel" in_last 'arch/arm64/kvm/.*\.c' 's,(\n\+\+\+ b/arch/arm64/kvm/\w+\.c.*?\n\+\t[^\n]*);\n,$1; ;\n,s'

changes 'a comment in vmm/' "$of_repository|4[12]-vmm.*|73-vmm-lint|7[67]-vmm.*|81-kcsan|83-existing|88-deb|91-vmm-mutants|98-debian-guest" sed -i 's,/\* Nothing is at an address,/* Nothing at all is at an address,' "$copy/vmm/vcpu.c"
changes 'a guest of the VMM' "$of_repository|4[12]-vmm.*|7[67]-vmm.*|81-kcsan|83-existing|88-deb|91-vmm-mutants" sed -i '1i /* more */' "$copy/tests/guest/bare/bare-psci.c"
changes 'a list' "$of_repository|81-kcsan" sed -i '1i a / b -- more' "$copy/tests/lists/races"
changes 'a configuration' "$of_repository|70-kasan|77-vmm-kasan|79-limits|82-fuzz|92-mutants-kasan" sed -i '1i # more' "$copy/configs/kasan.config"
changes 'a script' "$of_repository|45-cost|52-tarballs|97-ci" sed -i '1i # more' "$copy/scripts/lib/cost.sh"
changes 'a test' "$of_repository|30-selftests" sed -i '2i # more' "$copy/tests/30-selftests.t"
changes 'a document' "$of_repository|97-ci" sed -i '1i more' "$copy/docs/ci.md"

# With tests that are quick: results are kept, here and for another machine
rm "$copy"/tests/*.t
trivial=$copy/tests/01-trivial.t
cat > "$trivial" <<END
#!/bin/bash
# A trivial test.
# Uses: base
. "\$(dirname "\$0")/lib/tap.sh"
# It depends on \$top/tests/lists/races, and not on 02-other.t
echo >> "$scratch/runs"
check 'a thing' true
figure of one
finish
END
printf '%s\n' '#!/bin/bash' 'echo 1..1' 'echo ok 1' > "$copy/tests/02-other.t"
chmod +x "$copy"/tests/*.t
mkdir "$scratch/one" "$scratch/other" "$scratch/third"
for machine in one other third; do for dir in "$scratch"/plan/{apt,cache,linux-*}; do ln -s "$dir" "$scratch/$machine"; done; done
all() { "$copy/scripts/check.sh" --all && diff <(echo "$1") <(wc -l < "$scratch/runs"); }
page() { cat "$BUILD/test-report.txt" && grep "^01-trivial  *1  *0  *0:0[0-9]  2[-0-9]*  [0-9a-f]*  [0-9a-f]*  of one$" "$BUILD/test-report.txt"; }
# shellcheck disable=SC2030,SC2031 # meant for what follows
export BUILD=$scratch/one
check 'make check-all' all 1
check '... writes a report' page
check '... and runs nothing twice' all 1
kept() { grep '01-trivial.t .. kept: 1 checks' "$previous"; }
check '... which it says' kept
export BUILD=$scratch/other KEPT=$scratch/one/test-report.txt
check '... nor what another machine did' all 1
same() { diff <(sed 1,2d "$KEPT") <(sed 1,2d "$BUILD/test-report.txt"); }
check '... whose report it has then' same
sed 's/^01-trivial/02-another/' "$KEPT" > "$scratch/renamed"
KEPT=$scratch/renamed BUILD=$scratch/third check '... but not the result of another test' all 2
echo '# changed' >> "$copy/tests/02-other.t"
check '... nor for a test that a comment names' all 2
echo '# changed' >> "$copy/tests/lists/races"
check '... but for an input that has changed' all 3
echo '# changed' >> "$trivial"
check '... and for a test that has' all 4
sed -i 's/true$/false/' "$trivial"
refuses 'a test that fails, in make check-all' 'some tests failed; the same command goes on with those' "$copy/scripts/check.sh" --all
check '... which the report says' grep -qx '01-trivial failed' "$BUILD/test-report.txt"
KEPT=/no/page refuses 'a report that is not there' 'KEPT: no such report' "$copy/scripts/check.sh" --all

# A test that uses what its heading does not name
sed -i 's/^# Uses: .*/# Uses: patches/; s/^check .*/use_source; kernel base host/' "$trivial"
undeclared() { ! "$trivial" 2>&1 | tee "$scratch/undeclared" | grep '^ok' && grep '01-trivial.t uses kernel:base:host; say so in its heading' "$scratch/undeclared"; }
check 'a test that uses what its heading does not name ends there' undeclared
# shellcheck disable=SC2016 # the test's
sed -i 's/^# Uses: .*/# Uses: each-patch/; s/kernel base host$/used "$(thing kernel "$(patch_commit 1)" host)"; ok declared/' "$trivial"
check '... and one that says each-patch may use the kernel of a patch' "$trivial"

finish

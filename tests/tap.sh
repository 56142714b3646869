# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP for the tests, and everything that they use. Source it.
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
. "$top/scripts/source.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/selftests.sh"
. "$top/scripts/machine.sh"
. "$top/scripts/patches.sh"

tests=0 failed=0
scratch=$(mktemp -d)
# Whatever ends a test early, prove misses the plan
trap 'rm -rf "$scratch"' EXIT

ok()	{ tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=$((failed + 1)); echo "not ok $tests - $*"; }
skip()	{ tests=$((tests + 1)); echo "ok $tests # SKIP $*"; }
diag()	{ sed 's/^/# /'; }
# figure TEXT: what the page of make check-all says of this test, besides how many checks it has
figure() { echo "# figure: $*"; }

# check TEXT COMMAND...: ok if COMMAND succeeds, its output if not. $previous
# has the output of the check before. COMMAND is in a shell of its own, where a
# function ends at its first command that fails: it would go on in an "if".
previous=$scratch/previous.out
check()
{
	local text=$1 status; shift
	[ ! -e "$scratch/check.out" ] || mv "$scratch/check.out" "$previous"
	set +e
	(set -e; "$@") > "$scratch/check.out" 2>&1
	status=$?
	set -e
	if [ $status = 0 ]; then
		ok "$text"
	else
		not_ok "$text"
		tail -n 30 "$scratch/check.out" | diag
	fi
}

# What a job in the sanitised kernel ends with. kmemleak does not report what is
# younger than five seconds, nor what changed since the scan before.
# shellcheck disable=SC2016 # for the machine's shell
leaks='sleep 6; f=/sys/kernel/debug/kmemleak; echo scan > $f && echo scan > $f && cat $f || echo not ok 0 - kmemleak is there'

# What a job ends with in a kernel that counts lines
# shellcheck disable=SC2016 # for the machine's shell
counters='for f in $(find /sys/kernel/debug/gcov -path "*/arch/arm64/kvm/*.gcda"); do echo "=== gcda $(basename $f) $(base64 -w 0 $f)"; done'

# before_the_end DIR COMMAND: let the job in DIR do COMMAND last
before_the_end()
{
	sed -i '$d' "$1/job"
	printf '%s\n' "$2" 'echo === all done' >> "$1/job"
}

# program DIR FILE ARGUMENT...: build tests/FILE with the headers of $selftests,
# and let the job in DIR run it last
program()
{
	local dir=$1 name=${2%.c}; shift 2
	"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -Wno-unused-result -static -pthread \
		-isystem "$selftests/headers/include" -o "$dir/$name" "$top/tests/$name.c"
	before_the_end "$dir" "echo '=== begin $name'; /$name $*; echo \"=== end $name \$?\""
}

# gcov_of LOG DIR: the counts that it has, as gcov's JSON in DIR; $image ran
gcov_of()
{
	local _ name data
	mkdir -p "$2"
	while read -r _ _ name data; do
		base64 -d <<< "$data" > "$2/$name"
		cp "${image%/*}/${name%.gcda}.gcno" "$2"
	done < <(grep '^=== gcda ' "$1")
	(cd "$2" && "${arm64_cross}gcov-12" --branch-probabilities --json-format ./*.gcda > gcov.log 2>&1 && gunzip ./*.json.gz)
}

no_splat() { ! grep -E "$splats" "$1"; }

finish()
{
	[ $tests -gt 0 ] || not_ok 'nothing was checked'
	echo "1..$tests"
	exit $((failed > 0))
}

# results LOG PREFIX: the TAP lines of programs that ran in a machine as ours
results()
{
	local line
	while IFS= read -r line; do
		case $line in
		'ok '*'# SKIP'*) skip "$2: ${line#*# SKIP }" ;;
		'ok '*)		line=${line#ok }; ok "$2: ${line#* }" ;;
		'not ok '*)	line=${line#not ok }; not_ok "$2: ${line#* }" ;;
		'# '*'random'* | '# '*seed* | '# SET:'* | '# calls:'* | '# fuzz:'* | *' VMs, '*) echo "$line" ;;
		esac
	done < <(sed -n '/^=== begin/,/^=== all done/p' "$1")
	local bad
	bad=$(job_failures "$1")
	[ -z "$bad" ] || { not_ok "$2: no failure, no splat, run to the end"; diag <<< "$bad"; return; }
	ok "$2: no failure, no splat, run to the end"
}

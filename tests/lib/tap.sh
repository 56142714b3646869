# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP for the tests, and everything that they use. Source it.
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/selftests.sh"
. "$top/scripts/lib/machine.sh"
. "$top/scripts/lib/patches.sh"

tests=0 failed=0
scratch=$(mktemp -d)
# Whatever ends a test early, prove misses the plan
trap 'rm -rf "$scratch"' EXIT

ok()	{ tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=$((failed + 1)); echo "not ok $tests - $*"; }
skip()	{ tests=$((tests + 1)); echo "ok $tests # SKIP $*"; }
diag()	{ sed 's/^/# /'; }
# figure TEXT: what the report says of this test, besides how many checks it has
figure() { echo "# figure: $*"; }

# What the heading of this test says that it uses
declared=" $(sed -n 's/^# Uses\( on [^:]*\)*: //p' "$0" | paste -sd' ') "

# used THING: one that the heading does not name would be missing among what the
# result is kept under
used()
{
	local thing=$1
	case $thing in
	*headers:*)	[[ $declared != *" ${thing/headers/selftests} "* && $declared != *" ${thing/headers/vmm} "* ]] || return 0 ;;
	*tree:*)	[[ $declared != *" ${thing/tree/code} "* && $declared != *" ${thing/tree/documentation} "* ]] || return 0
			[[ $declared != *" patches "* && $declared != *" each-patch "* ]] || return 0 ;;
	esac
	[[ $declared == *" $thing "* ]] || die "${0##*/} uses $thing; say so in its heading, where it says Uses"
}

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

# kept_as KEY COMMAND: the file that is there once COMMAND has passed with KEY
kept_as() { echo "$build/results/parts/$( (echo "$1"; declare -f "$2") | hash_of)"; }

# check_once KEY TEXT COMMAND...: the same, but not again if it passed with the
# same KEY, which is all that it depends on. It is for one of many alike.
check_once()
{
	local kept text=$2 before=$failed
	kept=$(kept_as "$1" "$3")
	shift 2
	if [ -e "$kept" ]; then
		tests=$((tests + 1))
		echo "ok $tests - $text (kept)"
		nr_kept=$((${nr_kept:-0} + 1))
		return 0
	fi
	check "$text" "$@"
	[ $failed != "$before" ] || { mkdir -p "${kept%/*}"; echo "$text" > "$kept"; }
}

# What a job in the KASAN kernel ends with. kmemleak does not report what is
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

# program DIR FILE ARGUMENT...: build tests/guest/FILE with the headers of selftests(),
# and let the job in DIR run it last
program()
{
	local dir=$1 name=${2%.c}; shift 2
	"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -Wno-unused-result -static -pthread \
		-isystem "$headers/include" -o "$dir/$name" "$top/tests/guest/$name.c"
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

# results LOG NAME: the TAP lines of programs that ran in a machine as ours
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

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: the quick tests, tests/[0-6]*.t. make check-all: all of them. Each
# result is kept under what the test used, so what has not changed is not run
# again, and an interrupted run goes on where it was. The report at the end has
# the keys: KEPT=REPORT takes results over from another machine. TESTS=PATTERN
# runs those tests alone. --plan tells which tests would run, and builds nothing;
# --keys prints their keys.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/selftests.sh"
. "$top/scripts/lib/machine.sh"
. "$top/scripts/lib/patches.sh"
. "$top/scripts/lib/vmm.sh"
. "$top/tests/lib/guests.sh"
. "$top/scripts/lib/results.sh"
. "$top/scripts/lib/report.sh"

pattern='tests/[0-6]*.t' plan='' keys=''
for option; do
	case $option in
	--all)	pattern='tests/*.t' ;;
	--plan)	plan=1 ;;
	--keys)	keys=1 plan=1 ;;
	*)	die "$option is unknown; it can be --all, --plan or --keys" ;;
	esac
done
[ -z "${KEPT:-}" ] || KEPT=$(realpath -e "$KEPT" 2> /dev/null) ||
	die "KEPT: no such report; it is the build/test-report.txt of another run, or one in docs/"

cd "$top"
need perl git qemu-system-arm
need_compiler
use_source
list_files
store=$build/results
mkdir -p "$store" "$logs"
report=$build/test-report.txt
[ -z "$plan" ] || report=/dev/null
begin_report > "$report"

# passes TEST: run it; its row of the report is in $row then
passes()
{
	local tap=$store/tap checks skipped figure start=$SECONDS
	rm -rf "$tap"
	PERL_TEST_HARNESS_DUMP_TAP=$tap prove --timer --failures --comments "$1" || return 1
	checks=$(grep -c '^ok ' "$tap/$1")
	skipped=$(grep -c '^ok [0-9]* # SKIP' "$tap/$1" || true)
	figure=$(sed -n 's/^# figure: //p' "$tap/$1")
	# What it installed has a version only now
	for thing in $(uses_of "$1"); do
		[[ $thing != deb:* && $thing != machine ]] || unset "inputs[$thing]" "products[$thing]"
	done
	know inputs "$1"
	know products "$1"
	row=$(result_row "$name" "$checks" "$skipped" $((SECONDS - start + $2)) "$(date +%F)" "$(key_of products "$1" "$text")" "$figure")
}

# find_result TEST: its row from an earlier run with the same inputs, or with
# the same bytes made from them, which may have to be built
find_result()
{
	local key kind
	for kind in inputs products; do
		[ $kind = inputs ] || [ -z "$plan" ] || return 1
		know $kind "$1"
		key=$(key_of $kind "$1" "$text")
		if [ -n "${KEPT:-}" ] && [ ! -e "$store/$name-$key" ]; then
			take_over "$KEPT" "$name" $kind "$key" > "$store/$name-$key" || rm "$store/$name-$key"
		fi
		if [ -e "$store/$name-$key" ]; then
			row=$(cat "$store/$name-$key")
			return 0
		fi
	done
	return 1
}

# Unless somebody has edited the test meanwhile
keep_result()
{
	[ "$(text_hash "$1")" = "$text" ] || { say "note: $1 changed while it ran; its result is not kept"; return; }
	echo "$row" > "$store/$name-$(key_of inputs "$1" "$text")"
	echo "$row" > "$store/$name-$(bytes_key_of "$row")"
}

status=0
for test in $pattern; do
	# shellcheck disable=SC2053 # a pattern
	[[ $test == ${TESTS:-*} ]] || continue
	name=$(basename "$test" .t)
	start=$SECONDS
	text=$(text_hash "$test")
	if [ -n "$keys" ]; then
		know inputs "$test"
		echo "$name $(key_of inputs "$test" "$text")"
		continue
	elif find_result "$test"; then
		say "$test .. kept: $(row_text "$row")"
	elif [ -n "$plan" ]; then
		say "$test .. would run"
		continue
	elif ! passes "$test" $((SECONDS - start)); then
		status=1
		echo "$name failed" >> "$report"
		continue
	fi
	[ -n "$plan" ] || keep_result "$test"
	report_row "$row" "$(key_of inputs "$test" "$text")" >> "$report"
done
[ -z "$plan" ] || exit 0

[ $status != 0 ] || [ -n "${TESTS:-}" ] || finished "$([[ $pattern == *'[0-6]'* ]] && echo check || echo check-all)"
end_report "$report"
echo
cat "$report"
# The one line that a CI system reads
summary "$report"
[ $status = 0 ] || die 'some tests failed; the same command goes on with those'

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs run_kselftest.sh of this directory, with an exit status and a line for log
# parsers after each result.
cd "$(dirname "$0")" || exit 2

usage()
{
	cat <<-END
	Usage: $0 [--skip-known] [OPTION of run_kselftest.sh...]
	  --skip-known	all tests but those of the file base-failures
	Exit status: 0 all tests passed or were skipped; 1 a test failed, was killed
	or ran out of time; 4 all were skipped; 2 the tests did not run to their end.
	After each result comes a line "# result: TEST WORD STATUS". WORD is pass, skip,
	fail, killed or timeout, STATUS the exit status (of timeout: seconds).
	The options of run_kselftest.sh:
	END
	./run_kselftest.sh -h
}

for option; do
	case $option in
	-h | --help) usage; exit 0 ;;
	-l | --list | -d | --dry-run) exec ./run_kselftest.sh "$@" ;;
	esac
done

# known TEST: why it fails on the base, if it does
known() { sed -n "s/^$1: //p" base-failures; }

if [ "$1" = --skip-known ]; then
	shift
	while IFS= read -r name; do
		why=$(known "${name#*:}")
		if [ -n "$why" ]; then echo "# left out: ${name#*:}: $why"; else set -- "$@" -t "$name"; fi
	done < kselftest-list.txt
fi

# result TEST WORD STATUS: for log parsers, and for LAVA where it is the shell
result()
{
	echo "# result: $1 $2 $3"
	command -v lava-test-case > /dev/null || return 0
	case $2 in
	pass | skip) lava-test-case "$1" --result "$2" ;;
	*)	lava-test-case "$1" --result fail --measurement "$3" --units "$2" ;;
	esac
}

# judge LINE: count the result in it, explain it, and print what belongs to it
judge()
{
	test=${1#*selftests: kvm: }
	test=${test%% *}
	case $1 in
	'ok '*'# SKIP'*)
		skipped=$((skipped + 1))
		result "$test" skip 4 ;;
	'ok '*)
		passed=$((passed + 1))
		result "$test" pass 0 ;;
	*'# TIMEOUT '*)
		failed=$((failed + 1))
		seconds=${1##*TIMEOUT }
		result "$test" timeout "${seconds%% *}" ;;
	*)
		failed=$((failed + 1))
		status=1 word=fail
		case $1 in *'# exit='[0-9]*) status=${1##*=} ;; esac
		# What a signal kills ends with 128 and its number; 254 is a failed assertion
		[ "$status" -le 128 ] || [ "$status" -gt 192 ] || word=killed
		result "$test" $word "$status" ;;
	esac
	case $1 in 'not ok '*) why=$(known "$test"); [ -z "$why" ] || echo "# $test fails on the base as well: $why" ;; esac
}

./run_kselftest.sh "$@" 2>&1 | {
	planned=0 passed=0 failed=0 skipped=0
	while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in
		1..[0-9]*)		planned=$((planned + ${line#1..})) ;;
		'ok '* | 'not ok '*)	judge "$line" ;;
		esac
	done
	echo "# $passed passed, $failed failed, $skipped skipped, of $planned"
	[ $planned -gt 0 ] && [ $((passed + failed + skipped)) = $planned ] || exit 2
	[ $failed = 0 ] || exit 1
	[ $passed -gt 0 ] || exit 4
}

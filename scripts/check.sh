#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: tests/[0-6]*.t. make check-all: all of them, with each result kept
# under the hash of what went into it, so that it goes on where it was, and a
# page of them at the end. That page has the hashes: KEPT=PAGE goes on where
# another machine was.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/source.sh"
. "$top/scripts/kernel.sh"

need perl git shellcheck
lock
cd "$top"

[ "${1:-}" = --all ] || exec prove --timer --failures --comments tests/[0-6]*.t

# What decides about a result besides the files: these programs, what a run is told,
# whether it is root's, and the version of the base
programs='qemu-system-arm qemu-system-x86 sparse clang clang-tidy coccinelle pahole codespell shellcheck python3-sphinx'
need_compiler
need $programs
settings="${MUTANT:-} ${FUZZ_SECONDS:-} ${KCSAN_SECONDS:-} ${SEED:-} ${CONFIG:-} $(id -u | grep -x 0)"
mkdir -p "$logs"
pick_version

# inputs_of TEST: the files of this repository that its result depends on, the
# series aside. A file is one of them if an input names it: as /FILE, as
# FILE.ENDING, a configuration without its ending, a name that several directories
# have with its own, or all of a directory as $top/DIRECTORY. The page itself is
# none, or it could never have a line of those that look at every file; nor is another
# test, which a comment names.
inputs_of()
{
	git ls-files --cached --others --exclude-standard | perl -e '
		chomp(my @files = <STDIN>);
		my %named;
		$named{s{.*/}{}r}++ for @files;
		my %text = map { my $f = $_; local (@ARGV, $/) = $f; $f => scalar <> } grep { -f } @files;
		my @queue = ("tests/tap.sh", $ARGV[0]);
		my %input = map { $_ => 1 } @queue;
		while (defined(my $text = $text{shift @queue})) {
			for my $file (keys %text) {
				my ($dir, $name) = $file =~ m{^(?:(.*)/)?([^/]*)$};
				my $as = $named{$name} > 1 ? $dir ? "$dir/" : "(?<![\\w./-])(?:\"?.top/)?" :
					 $name =~ s/\.config$// || $name =~ /\./ ? "(?<![\\w.-])" : "/";
				next if $input{$file} || $file =~ m{^docs/check-all};
				next if $file =~ /\.t$/ && $text !~ /git ls-files/;
				next if $file =~ /^patches/ && $text !~ m{top/\Q$dir\E(?!/?[-\w.\$])};
				next unless $text =~ /$as\Q$name\E(?![\w-])/ || $text =~ /git ls-files/ ||
					    $dir && $text =~ m{top"?/\Q$dir\E(?!/?[-\w.\$])};
				$input{$file} = 1;
				push @queue, $file unless $file =~ /^patches|\.md$/;
			}
		}
		print "$_\n" for sort keys %input' "$1"
}

everywhere=$(cat "$series_dir"/* | hash_of; echo "$package $version ${SERIES:-all}"
	     dpkg-query -W $programs; gcc --version; "${arm64_cross}gcc" --version; clang --version; echo "$settings")

# Where the result of TEST is kept
result_of() { echo "$build/results/$(basename "$1" .t)-$( (echo "$everywhere"; inputs_of "$1" | xargs cat) | hash_of)"; }

# passes TEST RESULT: run it; RESULT is its line of the page
passes()
{
	local tap=$build/results/tap checks skipped figure start=$SECONDS
	rm -rf "$tap"
	PERL_TEST_HARNESS_DUMP_TAP=$tap prove --timer --failures --comments "$1" || return 1
	checks=$(grep -c '^ok ' "$tap/$1")
	skipped=$(grep -c '^ok [0-9]* # SKIP' "$tap/$1" || true)
	figure=$(sed -n 's/^# figure: //p' "$tap/$1")
	[ "$skipped" = 0 ] || figure="$skipped of them skipped${figure:+; $figure}"
	printf '%-24s %4d checks%s\t%d\n' "$(basename "$1" .t)" "$checks" "${figure:+; $figure}" $((SECONDS - start)) > "$2"
}

# kept RESULT: its line in the page KEPT, made a result again
kept()
{
	local result=${1##*/}
	awk -v name="${result%-*}" -v hash="${result##*-}" '$1 == name && $NF == hash {
		split($(NF - 1), time, ":")
		sub(/ +[0-9]+:[0-9]+ +[0-9a-f]+$/, "")
		printf "%s\t%d\n", $0, time[1] * 60 + time[2]
	}' "$KEPT" > "$build/results/kept"
	[ ! -s "$build/results/kept" ] || mv "$build/results/kept" "$1"
}

[ -z "${KEPT:-}" ] || [ -f "$KEPT" ] || die "KEPT=$KEPT: no such page; it is the docs/check-all.txt or build/check-all.txt of another run"
mkdir -p "$build/results"
page=() status=0
for test in tests/*.t; do
	result=$(result_of "$test")
	[ -z "${KEPT:-}" ] || [ -e "$result" ] || kept "$result"
	# The archive has other versions tomorrow
	# shellcheck disable=SC2053 # a pattern
	! grep -qE 'archive_versions|source_package|apt-cache' "$test" || [[ $test != ${TESTS:-*} ]] || rm -f "$result"
	# shellcheck disable=SC2053 # a pattern
	if [ ! -e "$result" ] && [[ $test == ${TESTS:-*} ]]; then
		passes "$test" "$result" || status=1
	fi
	if [ -e "$result" ]; then
		page+=("$(cat "$result")	${result##*-}")
	else
		page+=("$(basename "$test" .t) did not pass yet")
	fi
done

printf '%s\n' "${page[@]}" | awk -F'\t' '
	function show(text, seconds, hash) { printf "%-100s %3d:%02d%s\n", text, seconds / 60, seconds % 60, hash }
	NF != 3 { print; next }
	{ show($1, $2, "  " $3); split($1, word, " "); checks += word[2]; total += $2; passed++ }
	END { show(sprintf("%-24s %4d checks; %d of %d tests", "all", checks, passed, NR), total, "") }' > "$build/check-all.txt"
echo
cat "$build/check-all.txt"
[ $status = 0 ] || die "some tests failed; make check-all goes on with those"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make check: tests/[0-6]*.t. make check-all: all of them, with each result kept
# under the hash of what went into it, so that it goes on where it was.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/source.sh"

need perl git shellcheck
lock
cd "$top"

[ "${1:-}" = --all ] || exec prove --timer --failures --comments tests/[0-6]*.t

# What a result depends on: this repository, the base and the compiler
inputs=$( (git ls-files -z | xargs -0 cat 2>/dev/null; echo "$package ${KERNEL:-$base_version} ${SERIES:-all}"
	   "${arm64_cross}gcc" --version 2>/dev/null || true) | hash_of)
results=$build/results/$inputs
mkdir -p "$results"
status=0
for test in tests/*.t; do
	name=$(basename "$test" .t)
	if [ -e "$results/$name" ]; then
		say "kept: $test passed before, with the same inputs"
		continue
	fi
	start=$SECONDS
	if prove --timer --failures --comments "$test" 2>&1 | tee "$results/$name.out"; then
		printf '%-28s %6s tests %6d s\n' "$name" \
			"$(sed -n 's/^Files=1, Tests=\([0-9]*\),.*/\1/p' "$results/$name.out")" \
			$((SECONDS - start)) > "$results/$name"
	else
		status=1
	fi
done

echo
find "$results" -type f ! -name '*.out' | sort | xargs -r cat | awk '
	{ print; tests += $2; seconds += $4 }
	END { printf "%-28s %6d tests %6d s\n", "all", tests, seconds }'
[ $status = 0 ] || die "some tests failed; make check-all goes on with those"

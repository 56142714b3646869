# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Mutants of the series' kernel code. Source it after tap.sh. A result is kept
# under what it was made from.
. "$top/tests/lib/mutants.sh"

use_source
need_compiler
selftests "$series_commit"

# part NAME KERNEL SECONDS: what the mutants that follow run in, built where that
# kernel was: a mutant compiles its own file and links
part()
{
	part=$1 obj=$build/obj/$2-$version seconds=$3
	kernel "$series_commit" "$2"
	fragments "$2"
	put_at "$series_commit"
	step "configuring the kernel of the $part mutants" configure "$obj" "${fragments[@]}"
}

# build_mutant FILE: a fault may leave a variable unused
build_mutant() { kernel_make "$obj" "CFLAGS_$(basename "$1" .c).o=-Wno-error" Image; }

make_mutant()
{
	put_at "$series_commit"
	perl -0pi -e "$3" "$linux/$2"
	if [ -z "$(git_linux status --porcelain -uno)" ]; then
		echo 'changes nothing'
	elif ! build_mutant "$2" > "$logs/mutant-$1-build.log" 2>&1; then
		echo 'does not build'
	else
		cp "$obj/arch/arm64/boot/Image" "$scratch/$1.Image"
	fi
	git_linux checkout -q --force "$series_commit" -- "$2"
}

# Up to the first assertion that fails: one that timed out is none
try_mutant()
{
	local log=$logs/mutant-$1.log program why
	job vhe "$scratch/$1.Image" "$scratch/$part" "$seconds" '\(:Expected \|^not ok [0-9]* \(random\|- \)\|Assertion Failure\)' > "$log" || true
	rm "$scratch/$1.Image"
	program=$(sed -nE '/:Expected |^not ok [0-9]+ (random|- )|Assertion Failure/q; s/^=== begin //p' "$log" | tail -n 1)
	if why=$(grep -m 1 -oE ':[a-z0-9_]+:Expected .*|^not ok [0-9]+ (random|- ).*|Assertion Failure.*' "$log"); then
		echo "killed by $program: ${why#:}"
	elif grep -qE "$splats" "$log"; then
		echo "killed by a splat: $(grep -m 1 -oE "($splats).*" "$log")"
	elif grep -q 'Test terminated by timeout' "$log" || ! grep -q '^=== all done' "$log"; then
		echo 'timed out'
	elif grep -q '^not ok' "$log"; then
		echo "killed by $(grep -m 1 '^not ok' "$log" | cut -d' ' -f4-)"
	else
		echo 'survived'
	fi
}

# The bytes and the command of the program that the verdict names, or of all
killer()
{
	local program
	program=$(sed -n 's/^killed by \([a-z0-9_]*\): .*/\1/p' <<< "$1")
	(cd "$scratch/$part" && find . -type f -name "${program:-*}" | sort | xargs sha256sum && grep -F "/$program" job) | hash_of
}

# The bytes of the kernel without a fault, and how it runs
made_from()
{
	hash_of < "$image"
	cat "$top/scripts/guest/init" "$top/scripts/lib/machine.sh"
	declare -f make_mutant try_mutant
	echo "$splats" "$leaks" "$seconds" "$APPEND"
	"${arm64_cross}gcc" -dumpfullversion
}

# core_mutant ...: a mutant of what only a series with a core has; later_mutant ...: of what only one without has
has_core() { ! grep -q '^# core: nothing' "$series_dir/series"; }
core_mutant() { ! has_core || mutant "$@"; }
later_mutant() { has_core || mutant "$@"; }

unseen() { [ -n "${MUTANT:-}" ] || skip "$1: $2"; }

# A kernel that has had an oops goes nowhere
# shellcheck disable=SC2034 # the machine's
APPEND=oops=panic

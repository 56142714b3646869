#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench: count what a guest's call costs in Linux 6.1 and 6.12, both without
# and with their series, with the same configuration, with VHE and without, and
# write bench/'s table and plot. OUT= puts them elsewhere.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/source.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/selftests.sh"
. "$top/scripts/machine.sh"

out=${OUT:-$top/bench}
lock
need qemu-system-arm cpio gnuplot-nox
pick_series "$top/patches/6.1"
use_source
selftests "$series_commit"

dir=$(mktemp -d "$build/bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/files"
"${arm64_cross}gcc" -O2 -Wall -Wextra -Wno-unused-parameter -static -isystem "$selftests/headers/include" \
	-o "$dir/files/cost" "$top/bench/cost.c"
# shellcheck disable=SC2016 # for the machine's shell
echo '/cost $(grep -o empty /proc/cmdline); echo "=== cost $?"' > "$dir/files/job"
initrd "$dir/files" "$dir/initrd"

# count NAME MODE: run it in $image, where one instruction is a nanosecond; and
# once more without debugfs, for the bytes of a VM alone
count()
{
	local log append
	for append in '' 'debugfs=off empty'; do
		log=$logs/bench-$1-$2${append:+-empty}.log
		# No two runs have the same entropy, and what is random makes the count so
		CPUS=1 APPEND="random.trust_cpu=0 random.trust_bootloader=0 $append" machine "$2" "$image" "$dir/initrd"
		timeout 600 "${qemu[@]}" -icount shift=0,sleep=off < /dev/null 2>&1 | tr -d '\r' > "$log"
		grep -qx '=== cost 0' "$log" || die "nothing was counted; see ${log#"$PWD"/}"
		grep -P '^[^\t]+\t[-0-9]+$' "$log" >> "$dir/$1-$2"
	done
}

# KERNEL= is a version of the first of them
kernels=() sources=()
for from in "$top/patches/6.1" "$top/patches/6.12"; do
	pick_series "$from"
	[ "$from" = "$top/patches/6.1" ] || KERNEL=''
	use_source
	sources+=("$package $version")
	for commit in base "$series_commit"; do
		name=${from##*/}-${commit%/*}
		kernels+=("$name")
		kernel "$commit" bench
		for mode in vhe novhe; do
			say "  counting instructions: $name, $mode"
			count "$name" $mode
		done
	done
done

# One file with everything: a row for each case, a column for each kernel
{
	echo '# SPDX-License-Identifier: GPL-2.0'
	printf 'case'
	for mode in vhe novhe; do printf "\t%s-$mode" "${kernels[@]}"; done
	echo
	cut -f 1 "$dir/6.1-base-vhe" | while IFS= read -r row; do
		printf '%s' "$row"
		for mode in vhe novhe; do
			for name in "${kernels[@]}"; do
				printf '\t%s' "$(grep -F "$row"$'\t' "$dir/$name-$mode" | cut -f 2)"
			done
		done
		echo
	done
} > "$out/cost.tsv"

awk -f "$top/bench/table.awk" "$out/cost.tsv" > "$dir/table"
awk -v table="$dir/table" -v sources="$(printf '%s, ' "${sources[@]}")" '
	/^<!-- table -->/ { print; print ""; while ((getline line < table) > 0) print line
			    printf "\nMeasured on %s.\n\n", substr(sources, 1, length(sources) - 2); skip = 1 }
	/^<!-- end -->/	  { skip = 0 }
	!skip' "$top/bench/README.md" > "$dir/README.md"
cp "$dir/README.md" "$out/README.md"
(cd "$out" && gnuplot "$top/bench/plot.gp")
say "wrote ${out#"$PWD"/}/README.md, cost.tsv and cost.svg"

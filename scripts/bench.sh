#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench: count what a guest's call costs in Linux 6.1, 6.12 and 7.3, each without
# and with its series, with the same configuration, with VHE and without, and
# write bench/'s table and plot. OUT= puts them elsewhere.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/machine.sh"
. "$top/scripts/lib/cost.sh"

out=${OUT:-$top/bench}
lock
need qemu-system-arm cpio gnuplot-nox
dir=$(mktemp -d "$build/bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# KERNEL= is a version of the first of them
columns=() sources=() runs=()
for from in "$top"/patches/{6.1,6.12,7.3}; do
	pick_series "$from"
	[ "$from" = "$top/patches/6.1" ] || KERNEL='' SOURCE=''
	use_source
	sources+=("$package $version")
	if [ ! -e "$dir/initrd" ]; then
		headers_of "$series_commit" arm64
		cost_program "$dir"
	fi
	for commit in base "$series_commit"; do
		kernel "$commit" host
		for mode in $cost_modes; do
			column=${from##*/}-${commit%/*}-$mode
			columns+=("$column")
			for how in '' empty; do runs+=("$dir $column $mode $image $how"); done
		done
	done
done
say "  counting instructions in ${#runs[@]} machines, two at a time"
in_parallel count_once "${runs[@]}"

# By mode, then by kernel
mapfile -t columns < <(for mode in $cost_modes; do printf '%s\n' "${columns[@]}" | grep -e "-$mode\$"; done)
cost_table "$dir" "${columns[@]}" > "$out/cost.tsv"
awk -f "$top/bench/table.awk" "$out/cost.tsv" > "$dir/table"
awk -v table="$dir/table" -v sources="$(printf '%s, ' "${sources[@]}")" '
	/^<!-- table -->/ { print; print ""; while ((getline line < table) > 0) print line
			    printf "\nMeasured on %s.\n\n", substr(sources, 1, length(sources) - 2); skip = 1 }
	/^<!-- end -->/	  { skip = 0 }
	!skip' "$top/bench/README.md" > "$dir/README.md"
cp "$dir/README.md" "$out/README.md"
(cd "$out" && gnuplot "$top/bench/plot.gp")
say "wrote ${out#"$PWD"/}/README.md, cost.tsv and cost.svg"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What calls cost with the series, counted again: within the limits, and what bench/
# says. Of 6.1 the base is counted as well; of the others bench/ has it.
# Uses: kernel:series:host headers:series machine
# Uses on 6.1: kernel:base:host
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/cost.sh"
. "$top/scripts/lib/cost.sh"
# The program is $top/bench/cost.c with $top/bench/calls.h, the figures are in $top/bench/cost.tsv

[ "${SERIES:-all}" = all ] || { skip 'bench counts the whole series'; finish; }
use_source
headers_of "$series_commit" arm64
cost_program "$scratch"
release=${series_dir##*/}

columns=() runs=() commits=("$series_commit")
[ "$release" != 6.1 ] || commits+=(base)
for commit in "${commits[@]}"; do
	kernel "$commit" host
	for mode in $cost_modes; do
		column=$release-${commit%/*}-$mode
		columns+=("$column")
		for how in '' empty; do runs+=("$scratch $column $mode $image $how"); done
	done
done
say "  counting instructions in ${#runs[@]} machines, two at a time"
in_parallel count_once "${runs[@]}"
table=$scratch/cost.tsv base_table=$published
[ "$release" != 6.1 ] || base_table=$table
cost_table "$scratch" "${columns[@]}" > "$table"

for mode in $cost_modes; do
	within_limits "$release" "$mode"
	[ "$release" != 6.1 ] || bytes_limits "$release-series-$mode" "$release-base-$mode"
done
[ "$release" != 6.1 ] || forwarded_limits 6.1-series-vhe 3600
for column in "${columns[@]}"; do
	check "$column: bench/ says what was counted" as_published "$column"
done

figure "7 arguments and answer by synced registers: $(value "$table" 'forwarded, sync-regs, 7' "$release-series-vhe") instructions"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make bench, for all series at once: within the limits, and what bench/ says.
# Uses: 6.1/base 6.12/base 6.1/kernel:base:host 6.1/kernel:series:host 6.12/kernel:base:host 6.12/kernel:series:host 7.3/base 7.3/kernel:base:host 7.3/kernel:series:host 6.1/headers:series machine deb:gnuplot-nox
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/cost.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'make bench is of all series at once: it runs for 6.1'; finish; }
[ "${SERIES:-all}" = all ] || { skip 'bench counts the whole series'; finish; }

cp "$top/bench/README.md" "$scratch"
OUT=$scratch "$top/scripts/bench.sh" || die 'make bench failed'
table=$scratch/cost.tsv base_table=$scratch/cost.tsv

for release in 6.1 6.12 7.3; do
	for mode in vhe cortex-a72; do within_limits $release $mode; done
done
forwarded_limits 6.12-series-vhe 4800
forwarded_limits 7.3-series-vhe 5800
same() { [ "$(sed -n 2p "$published")" = "$(sed -n 2p "$table")" ] && diff <(sed '/^<!-- table/,/^<!-- end/d' "$top/bench/README.md") <(sed '/^<!-- table/,/^<!-- end/d' "$scratch/README.md"); }
check 'the page has the same columns and text' same
mapfile -t columns < <(sed -n 2p "$table" | tr '\t' '\n' | sed 1d)
for column in "${columns[@]}"; do
	check "$column: bench/ says what was counted" as_published "$column"
done

figure "$(sed 1,2d "$table" | wc -l) rows, ${#columns[@]} columns"
finish

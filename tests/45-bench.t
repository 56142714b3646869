#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What calls cost, counted again: within the limits, and what bench/ says.
. "$(dirname "$0")/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'bench counts both series at once'; finish; }

[ "${SERIES:-all}" = all ] || { skip 'bench counts the whole series'; finish; }
cp "$top/bench/README.md" "$scratch"
OUT=$scratch "$top/scripts/bench.sh" || die 'make bench failed'
new=$scratch/cost.tsv

# value ROW COLUMN, as cost.tsv names them
value()
{
	awk -F'\t' -v row="$1" -v column="$2" '
		NR == 2 { for (i = 2; i <= NF; i++) if ($i == column) c = i }
		$1 == row { print $c; found = 1 }
		END { exit !found }' "$new"
}

at_most() { echo "# $2, at most $1"; [ "$2" -le "$1" ]; }
at_least() { echo "# $2, at least $1"; [ "$2" -ge "$1" ]; }

for mode in vhe novhe; do
	for release in 6.12 6.1; do
		base=$(value 'handled, no filter' $release-base-$mode)
		check "$release, $mode: no filter: 10 instructions more than without the series" \
			at_most $((base + 10)) "$(value 'handled, no filter' $release-series-$mode)"
		for nr in 1 16 1000 10000; do
			check "$release, $mode: $nr ranges of another owner: 12 more" \
				at_most $((base + 12)) "$(value "handled, other owner, $nr" $release-series-$mode)"
		done
	done
	check "$mode: denied: 50 more than a handled call" at_most $((base + 50)) "$(value 'denied, 1' 6.1-series-$mode)"
	for nr in 1 16 1000 10000; do
		series=$(($(value "handled, same owner, $nr" 6.1-series-$mode) - base))
		peer=$(($(value "handled, same owner, $nr" 6.12-base-$mode) - $(value 'handled, no filter' 6.12-base-$mode)))
		check "$mode: $nr ranges of the same owner: adds 0.85 of what 6.12 adds" \
			at_most $((85 * peer)) $((100 * series))
		check "$mode: ... and to 6.12 too, with its series" at_most $((85 * peer)) \
			$((100 * ($(value "handled, same owner, $nr" 6.12-series-$mode) - $(value 'handled, no filter' 6.12-base-$mode))))
	done
done

sync=$(value 'forwarded, sync-regs, 7' 6.1-series-vhe)
check 'vhe: forwarded with 7 arguments by synced registers: 3,600' at_most 3600 "$sync"
check 'vhe: and 0.42 of what 6.12 takes' at_most $((42 * $(value 'forwarded, one-reg, 7' 6.12-base-vhe))) $((100 * sync))
check 'vhe: 6.12 with its series: 0.55 of that' at_most $((55 * $(value 'forwarded, one-reg, 7' 6.12-base-vhe))) \
	$((100 * $(value 'forwarded, sync-regs, 7' 6.12-series-vhe)))
check 'novhe: and 1.06 of the bare exit' at_most $((106 * $(value 'forwarded, bare, 0' 6.1-series-novhe))) \
	$((100 * $(value 'forwarded, sync-regs, 7' 6.1-series-novhe)))

for mode in vhe novhe; do
	# The vCPU has three more counters of 8 bytes, and there is not an object more
	check "$mode: a VM without a filter: no allocation" \
		at_most $(($(value 'no filter, no debugfs, bytes' 6.1-base-$mode) + 24)) "$(value 'no filter, no debugfs, bytes' 6.1-series-$mode)"
	check "$mode: and four files in debugfs, of an inode and a name each" \
		at_most $(($(value 'no filter, bytes' 6.1-base-$mode) + 4 * 1250)) "$(value 'no filter, bytes' 6.1-series-$mode)"
	bytes=$(value 'set, bytes, 1000' 6.1-series-$mode)
	check "$mode: 1,000 ranges: 96 KiB" at_most $((96 * 1024)) "$bytes"
	# A leaf has 256 bytes and 16 slots, and a range two of them; an element of the array has 12
	check "$mode: 1,000 ranges: all of it is charged" at_least $((1000 * (32 + 12))) "$bytes"
done

# Another compiler may count a little differently. A reading of what is charged
# is known to a page; a figure is of three readings, the middle one twice, so two
# figures differ by up to four: of a hundred VMs, of ten, or of one. Another
# thread of the kernel may have a turn, of 20,000 instructions at most, between
# the beginning and the end of a hundred SETs.
same()
{
	paste "$top/bench/cost.tsv" "$new" | awk -F'\t' '
		NR > 2 { for (i = 2; i <= 9; i++) {
			page = $1 !~ /bytes/ ? 0 : $1 ~ /, 1$/ ? 41 : $1 ~ /, 1000$/ ? 410 : 4096
			room = 0.02 * $i + 4 * page + ($1 == "set, instructions, 1" ? 200 : 0)
			difference = $i - $(i + 9)
			if (($i == "-") != ($(i + 9) == "-") || difference > room || -difference > room) {
				print $1 ": published " $i ", counted " $(i + 9); bad = 1
			}
		} }
		END { exit bad || NR < 26 }'
}
check 'bench/ says what was counted' same

finish

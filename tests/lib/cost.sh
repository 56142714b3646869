# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Limits of what calls cost. Source it after tap.sh; $table is the file of
# cost_table() with what was counted, bench/cost.tsv what is published. $base_table
# is that of the two which has the bases.

published=$top/bench/cost.tsv

# value FILE ROW COLUMN
value()
{
	awk -F'\t' -v row="$2" -v column="$3" '
		NR == 2 { for (i = 2; i <= NF; i++) if ($i == column) c = i }
		$1 == row { print $c; found = 1 }
		END { exit !found || !c }' "$1"
}

at_most() { echo "# $2, at most $1"; [ "$2" -le "$1" ]; }
at_least() { echo "# $2, at least $1"; [ "$2" -ge "$1" ]; }

# within_limits RELEASE MODE: the columns of its base and of its series
within_limits()
{
	local base=$1-base-$2 series=$1-series-$2 before nr mainline adds percent other=$1
	before=$(value "$base_table" 'handled, no filter' "$base")
	check "$series: no filter: 10 instructions more than without the series" \
		at_most $((before + 10)) "$(value "$table" 'handled, no filter' "$series")"
	for nr in 1 16 1000 10000; do
		check "$series: $nr ranges of another owner: 12 more" \
			at_most $((before + 12)) "$(value "$table" "handled, other owner, $nr" "$series")"
	done
	check "$series: a range of all owners set to HANDLE: no more than without a filter" \
		at_most "$(value "$table" 'handled, no filter' "$series")" "$(value "$table" 'handled, all owners set to HANDLE' "$series")"
	[ "$1" != 6.1 ] || check "$series: denied: 50 more than a handled call" at_most $((before + 50)) "$(value "$table" 'denied, 1' "$series")"

	# What mainline adds to a call is published: 6.12, for 6.1 too. mtree_load() alone takes
	# 97 instructions in 6.1 and 46 more for each level of the tree below the
	# first, in 6.12 37: the limits leave nothing for anything else to grow.
	[ "$1" = 7.3 ] || other=6.12
	mainline=$(value "$published" 'handled, no filter' "$other-base-$2")
	for nr in 1 16 1000 10000; do
		adds=$(($(value "$published" "handled, same owner, $nr" "$other-base-$2") - mainline))
		[ "$1" = 6.1 ] || before=$mainline
		case $1-$nr in
		6.1-1)	 percent=82 ;;
		6.1-16)	 percent=91 ;;
		6.1-1000) percent=97 ;;
		*)	 percent=101 ;;
		esac
		check "$series: $nr ranges of the same owner: adds $percent % of what $other adds" at_most $((percent * adds)) \
			$((100 * ($(value "$table" "handled, same owner, $nr" "$series") - before)))
	done

	# The vCPU has three more counters of 8 bytes, and there is not an object more
	check "$series: a VM without a filter: no allocation" \
		at_most $(($(value "$base_table" 'no filter, no debugfs, bytes' "$base") + 24)) "$(value "$table" 'no filter, no debugfs, bytes' "$series")"
}

# forwarded_limits COLUMN INSTRUCTIONS: a call with 7 arguments by synced registers
forwarded_limits()
{
	local sync mainline release=${1%%-*}
	sync=$(value "$table" 'forwarded, sync-regs, 7' "$1")
	# 6.1 itself forwards nothing
	[ "$release" != 6.1 ] || release=6.12
	mainline=$(value "$published" 'forwarded, one-reg, 7' "$release-base-vhe")
	check "$1: forwarded with 7 arguments by synced registers: $2" at_most "$2" "$sync"
	check "$1: and 0.56 of what $release takes" at_most $((56 * mainline)) $((100 * sync))
	check "$1: and 1.06 of the bare exit" at_most $((106 * $(value "$table" 'forwarded, bare, 0' "$1"))) $((100 * sync))
}

# bytes_limits COLUMN BASE
bytes_limits()
{
	local bytes
	check "$1: four files in debugfs, of an inode and a name each" \
		at_most $(($(value "$table" 'no filter, bytes' "$2") + 4 * 1250)) "$(value "$table" 'no filter, bytes' "$1")"
	bytes=$(value "$table" 'set, bytes, 1000' "$1")
	check "$1: 1,000 ranges: 96 KiB" at_most $((96 * 1024)) "$bytes"
	# A leaf has 256 bytes and 16 slots, and a range two of them
	check "$1: 1,000 ranges: all of it is charged" at_least $((1000 * 32)) "$bytes"
}

# as_published COLUMN: another compiler may count a little differently. A reading
# of what is charged is known to a page; a figure is of three readings, the middle
# one twice, so two figures differ by up to four: of a hundred VMs, of ten, or of
# one. Another thread of the kernel may have a turn, of 20,000 instructions at
# most, between the beginning and the end of a hundred SETs.
as_published()
{
	local row old new page room bad=0 rows=0
	while IFS= read -r row; do
		old=$(value "$published" "$row" "$1") && new=$(value "$table" "$row" "$1") || return 1
		rows=$((rows + 1))
		[ "$old" != "$new" ] || continue
		page=4096
		case $row in
		*', 1') page=41 ;;
		*', 1000') page=410 ;;
		esac
		[[ $row == *bytes* ]] || page=0
		[[ $old != - && $new != - ]] || { echo "$row: published $old, counted $new"; bad=1; continue; }
		room=$((old / 50 + 4 * page))
		[ "$row" != 'set, instructions, 1' ] || room=$((room + 200))
		((new - old <= room && old - new <= room)) || { echo "$row: published $old, counted $new"; bad=1; }
	done < <(sed 1,2d "$published" | cut -f 1)
	[ $bad = 0 ] && [ $rows -ge 24 ]
}

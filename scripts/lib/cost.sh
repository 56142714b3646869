# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Counts what a guest's call costs, in instructions. Source it after machine.sh.

cost_modes='vhe cortex-a72'

# bench_program SOURCE FILE: one of the programs of bench/
bench_program()
{
	"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -Wno-unused-parameter -static -s -isystem "$headers/include" \
		-o "$2" "$top/bench/$1"
}

# cost_program DIR: bench/cost.c in the initramfs DIR/initrd
cost_program()
{
	mkdir -p "$1/files"
	bench_program cost.c "$1/files/cost"
	# shellcheck disable=SC2016 # for the machine's shell
	echo '/cost $(grep -o empty /proc/cmdline); echo "=== cost $?"' > "$1/files/job"
	initrd "$1/files" "$1/initrd"
}

# count_once "DIR COLUMN MODE IMAGE HOW": run it in IMAGE, where one instruction
# is a nanosecond. Without PMU and SVE, which would add the same to every row;
# HOW is "empty" without debugfs, for the bytes of a VM alone
count_once()
{
	local dir column mode image how log cpu=pmu=off append="random.trust_cpu=0 random.trust_bootloader=0"
	read -r dir column mode image how <<< "$1"
	log=$logs/cost-$column${how:+-$how}.log
	used machine
	[ "$mode" != vhe ] || cpu+=,sve=off
	# No two runs have the same entropy, and what is random makes the count so
	CPUS=1 CPU=$cpu APPEND="$append ${how:+debugfs=off empty}" machine "$mode" "$image" "$dir/initrd"
	timeout 600 "${qemu[@]}" -icount shift=0,sleep=off < /dev/null 2>&1 | tr -d '\r' > "$log"
	grep -qx '=== cost 0' "$log" || die "nothing was counted; see ${log#"$PWD"/}"
	grep -P '^[^\t]+\t[-0-9]+$' "$log" > "$dir/$column${how:+.$how}"
}

# cost_table DIR COLUMN...: one file with everything: a row for each case, a
# column for each kernel and mode
cost_table()
{
	local dir=$1 column; shift
	for column; do
		[ ! -e "$dir/$column.empty" ] || { cat "$dir/$column.empty" >> "$dir/$column"; rm "$dir/$column.empty"; }
	done
	echo '# SPDX-License-Identifier: GPL-2.0'
	printf 'case'
	printf '\t%s' "$@"
	echo
	cut -f 1 "$dir/$1" | while IFS= read -r row; do
		printf '%s' "$row"
		for column; do printf '\t%s' "$(grep -F "$row"$'\t' "$dir/$column" | cut -f 2)"; done
		echo
	done
}

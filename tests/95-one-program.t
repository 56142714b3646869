#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One program with every extension (tests/guest/extensions.c), compiled once, prints
# the same on every kernel that has a series, with VHE and without.
# Uses: kernel:series:host headers:series 6.12/kernel:series:host 7.3/kernel:series:host machine
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the program is for all series at once: it runs for 6.1'; finish; }
[ "${SERIES:-all}" = all ] || { skip 'core has no extensions'; finish; }

program=$scratch/extensions
declare -A images
for from in "$top"/patches/*; do
	pick_series "$from"
	[ "${from##*/}" = 6.1 ] || KERNEL='' SOURCE=''
	use_source
	if [ ! -e "$program" ]; then
		headers_of "$series_commit" arm64
		"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -static -isystem "$headers/include" \
			-o "$program" "$top/tests/guest/extensions.c"
	fi
	kernel "$series_commit" host
	images[${from##*/}]=$image
done

machine_files
run_on()
{
	mkdir "$scratch/$1"
	cp "$program" "$scratch/$1"
	echo '/extensions' > "$scratch/$1/job"
	job "${1#*-}" "${images[${1%%-*}]}" "$scratch/$1" > "$logs/extensions-$1.log" || true
	grep '^extensions: ' "$logs/extensions-$1.log" > "$scratch/$1.seen"
}
machines=()
for release in "${!images[@]}"; do
	for mode in vhe cortex-a72; do machines+=("$release-$mode"); done
done
in_parallel run_on "${machines[@]}"

seen=$scratch/6.1-vhe.seen
said() { grep -qx "extensions: $1" "$seen"; }
check '6.1: the answer arrived' said 'argument 0x2a01'
check '... the statistics are there' said 'smccc_forwarded 0x2'
check '... the last lines are of the trace' grep -q 'kvm_smccc_arm64: SMCCC 0xc3100000 by SMC.*deny' "$seen"
for machine in "${machines[@]}"; do
	check "$machine: the same as on 6.1 with VHE" diff "$seen" "$scratch/$machine.seen"
	check "$machine: no splat" no_splat "$logs/extensions-$machine.log"
done

figure "$(wc -l < "$seen") lines, ${#machines[@]} machines"
finish

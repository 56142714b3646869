#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest of the reference VMM moves between kernels, 6.1, 6.12 and 7.3, back and forth, and
# between modes of KVM: all of it works after each move. What cannot move is refused by name.
# Uses: kernel:series:host 6.12/kernel:series:host 7.3/kernel:series:host vmm:series guests machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"
# The guests are bare-move and a Linux that does $top/tests/guest/moving, by $top/scripts/guest/drive

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'guests move between all series: it runs for 6.1'; finish; }
[ "${SERIES:-all}" = all ] || { skip 'core cannot read a filter back'; finish; }

declare -A images
for from in "$top"/patches/*; do
	pick_series "$from"
	[ "${from##*/}" = 6.1 ] || KERNEL='' SOURCE=''
	use_source
	kernel "$series_commit" host
	images[${from##*/}]=$image
	if [ "${from##*/}" = 6.1 ]; then
		vmm
		guests
	fi
done
guest_image=${images[6.1]}
machine_files

# machine_of NAME KERNEL MODE [SECONDS]: one that does $scratch/NAME/job; what has moved is carried to
# the next one
machine_of()
{
	echo 'echo === all done' >> "$scratch/$1/job"
	job "$3" "${images[$2]}" "$scratch/$1" "${4:-300}" > "$logs/move-$1.log" || true
}

# away: what a job ends with, for a guest that is to go on elsewhere
# shellcheck disable=SC2016 # for the machine's shell
away='[ ! -e moving ] || { echo "=== moving"; gzip -c moving | base64; echo "=== moved"; }'

# carried NAME FILE: what has moved in that machine
carried() { sed -n '/^=== moving/,/^=== moved/{ /^===/d; p; }' "$logs/move-$1.log" | base64 -d | gunzip > "$2"; }

# chain NAME "KERNEL MODE"... -- ARGUMENT...: a guest that boots in the first machine with
# these arguments, and moves on to the others; what it prints is in one log
chain()
{
	local name=$1 places=() nr=0 place dir; shift
	while [ "$1" != -- ]; do places+=("$1"); shift; done
	shift
	: > "$scratch/$name.console"
	for place in "${places[@]}"; do
		dir=$scratch/$name-$nr
		vmm_files "$dir"
		[ $nr = $((${#places[@]} - 1)) ] || sed -i '1i away=1' "$dir/job"
		if [ $nr = 0 ]; then
			"boot_$guest" "$dir" "$@"
		else
			mv "$scratch/$name.moving" "$dir/moving"
			echo "guest $name --restore moving --verbose ${losses:-}" >> "$dir/job"
		fi
		echo "$away" >> "$dir/job"
		machine_of "$name-$nr" $place
		sed -n '/^=== begin/,/^=== end/p' "$logs/move-$name-$nr.log" >> "$scratch/$name.console"
		[ $nr = $((${#places[@]} - 1)) ] || carried "$name-$nr" "$scratch/$name.moving" || return 1
		nr=$((nr + 1))
	done
}
boot_bare() { bare_guest "$1" bare-move --cpus 4 "${@:2}"; }
boot_linux() { GUEST_APPEND=moves=${moves:-2} linux_guest "$1" "$top/tests/guest/moving" --memory 64 --cpus 4 --max-cpus 8 "${@:2}"; }

# whole NAME: the guest has come to its end, and nothing failed on its way
whole()
{
	local log=$scratch/$1.console
	grep -a -e '^not ok' -e '^Bail' -e '^vmm: --restore' "$log" || true
	[ "$(grep -ca '^not ok' "$log")" = 0 ]
	grep -qxa "1\.\.$(grep -ca '^ok' "$log")" "$log"
}

# travels GUEST NAME TEXT PLACE... -- ARGUMENT...
travels()
{
	guest=$1
	check "$3" chain "$2" "${@:4}"
	check '... and all of it works on its way' whole "$2"
}
travels bare bare-up '6.1, 6.12, 7.3: a guest in its calls and in an event' '6.1 vhe' '6.12 vhe' '7.3 vhe' --
travels bare bare-back '7.3, 6.12, 6.1, with --compatible 6.1' '7.3 vhe' '6.12 vhe' '6.1 vhe' -- --compatible 6.1
travels bare bare-modes '6.1: VHE, nVHE, protected, and back' '6.1 vhe' '6.1 nvhe' '6.1 protected' '6.1 vhe' --
travels bare bare-modes-7.3 '7.3: VHE, nVHE, protected, and back' '7.3 vhe' '7.3 nvhe' '7.3 protected' '7.3 vhe' --
travels linux linux-up '6.1, 6.12, 7.3: Linux under load' '6.1 vhe' '6.12 vhe' '7.3 vhe' --
travels linux linux-back '7.3, 6.12, 6.1, with --compatible 6.1' '7.3 vhe' '6.12 vhe' '6.1 vhe' -- --compatible 6.1

# What is refused is named. refused TEXT NAME LINE PLACE...
refused()
{
	guest=bare
	chain "$2" "${@:4}" -- || true
	check "$1" grep -qaE "^vmm: .*$3" "$scratch/$2.console"
}
refused 'without --compatible, 6.1 refuses by name' refused-back 'cannot go on here: ID_DFR0_EL1 is' '7.3 vhe' '6.1 vhe'
refused 'another CPU refuses by name' refused-cpu 'cannot go on here: MIDR_EL1 is' '6.1 cortex-a72' '6.1 vhe'
refused 'what the CPU lacks is named' refused-sve 'cannot go on here: the guest has SVE' '6.1 vhe' '6.1 cortex-a72'

# MOVES= moves on one kernel, at moments that the guest does not choose
many=${MOVES:-50}
vmm_files "$scratch/many"
moves=0 boot_linux "$scratch/many"
# shellcheck disable=SC2016 # for the machine's shell
sed -i -e '$d' "$scratch/many/job"
cat >> "$scratch/many/job" <<'END'
echo '=== begin guest-many'
mkfifo keys
exec 4<>keys
/vmm --control /control --kernel /Image --initrd /moving.cpio --append 'console=ttyAMA0 panic=-1 moves=log' --memory 64 --cpus 4 --max-cpus 8 < keys > console 2> messages &
until grep -q 'line 5' console; do sleep 1; done
for move in $(seq MOVES); do
	usleep $((RANDOM * 30))
	/vmm control /control snapshot /moving > answer 2>&1; wait
	tail -n 1 answer >> answers
	/vmm --restore /moving --control /control < keys >> console 2>> messages &
	until [ ! -e /moving ]; do :; done
done
vmm=$!
echo end >&4
wishes=0
while kill -0 $vmm 2> /dev/null; do
	# A last line that is not whole yet is no wish
	text=$(cat console; echo .)
	[ -z "${text##*
.}" ] || continue
	wish=$(printf '%s' "$text" | tr -d '\r' | grep '^host: ' | sed -n "$((wishes + 1))p")
	[ -z "$wish" ] || { wishes=$((wishes + 1)); /vmm control /control ${wish#host: } >&4; }
done
grep -c '^ok' answers | sed 's/^/moved: /'
cat console
tail -n 3 messages
echo '=== end guest-many 0'
END
sed -i "s/seq MOVES/seq $many/" "$scratch/many/job"
machine_of many 6.1 vhe 900
log=$logs/move-many.log
check "$many moves at any moment" grep -qx "moved: $many" "$log"
sequence() { sed -n 's/\r*$//; s/^line \([0-9]*\)$/\1/p' "$log" > "$scratch/lines"; diff <(seq "$(wc -l < "$scratch/lines")") "$scratch/lines"; }
check '... no line of the console is missing or comes twice' sequence
check '... and all works at the end' grep -q '^ok .*the kernel has nothing to complain of' "$log"
check '... nothing failed' eval "! grep -E '^not ok' '$log'"

figure "$(cat "$logs"/move-*.log | grep -c '^vmm: all') VMMs"
finish

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests for the reference VMM. Source it after tap.sh.
. "$top/scripts/lib/vmm.sh"

# guests: set $guests to the directory with the programs of tests/guest
guests()
{
	used guests
	guests=$build/guests/$(guests_key)
	[ ! -e "$guests" ] || return 0
	rm -rf "$guests.tmp"; mkdir -p "$guests.tmp"
	step 'building the guests' build_guests "$guests.tmp"
	mv "$guests.tmp" "$guests"
}

# guests_key: what they are made from, as a hash
guests_key()
{
	(cat "$top"/tests/guest/bare/* "$top/tests/guest/cpus.c" "$top/vmm/map.h"; "${arm64_cross}gcc" -dumpfullversion) | hash_of
}

build_guests()
{
	make -C "$top/tests/guest/bare" "CROSS_COMPILE=$arm64_cross" "OUT=$1"
	"${arm64_cross}gcc" -O2 -Wall -Wextra -Werror -static -s -pthread \
		-o "$1/guest-cpus" "$top/tests/guest/cpus.c"
	rm -f "$1"/*.elf
}

# bare_guest DIR NAME ARGUMENT...: add to the job in DIR the guest tests/guest/bare/NAME.c
bare_guest()
{
	local dir=$1 name=$2; shift 2
	cp "$guests/$name.Image" "$dir"
	echo "guest $name --kernel /$name.Image $*" >> "$dir/job"
}

# every_bare_guest DIR ARGUMENT...: each with what it wants
every_bare_guest()
{
	bare_guest "$1" bare-psci --cpus 3 --max-cpus 4 "${@:2}"
	bare_guest "$1" bare-sdei --cpus 2 --memory 4096 "${@:2}"
	bare_guest "$1" bare-services --filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny "${@:2}"
	bare_guest "$1" bare-garbage --cpus 4 "${@:2}"
}

# boot_guest DIR CPUS ARGUMENT...: Linux, which boots with so many
boot_guest()
{
	GUEST_APPEND=cpus=$2 linux_guest "$1" "$top/tests/guest/boot" --cpus "$2" "${@:3}"
}

# cpus_guest DIR CPUS CYCLES ARGUMENT...: Linux, which turns its CPUs off and on
cpus_guest()
{
	local script=$scratch/cpus-$2-$3
	echo "/guest-cpus $2 $3" > "$script"
	FILES=$guests/guest-cpus linux_guest "$1" "$script" --cpus "$2" "${@:4}"
}

# run_guests MODE DIR NAME [SECONDS]: run the job in DIR to its end; the
# guests' TAP is ours, and each run has to agree with the kernel's counts, the
# whole series' if it has them
run_guests()
{
	echo 'echo === all done' >> "$2/job"
	job "$1" "$image" "$2" "${4:-600}" > "$logs/guests-$3.log" || true
	judge_guests "$3"
}

# judge_guests NAME: the results of what ran with its console in that log
judge_guests()
{
	local log=$logs/guests-$1.log
	results "$log" "$1"
	check "$1: the VMM and the kernel count the same" "$top/scripts/lib/counts-agree" "$log"
	[ "${SERIES:-all}" = core ] ||
		check "$1: by both conduits" grep -q "^vmm: kernel's smc_exit_stat: " "$log"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guests of the reference VMM on a host kernel with KASAN, UBSAN,
# lockdep, kmemleak. A splat or a leak fails, whatever the guests say.
# Uses: kernel:series:kasan kernel:series:host vmm:series guests machine
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/guests.sh"

ready
guests
guest_image=$image
kernel "$series_commit" kasan

# This kernel takes a millisecond for each element of a histogram, and gives way
# after the last. bare-garbage, with 30000 ids, needs longer than RCU would wait.
# shellcheck disable=SC2034 # the machine's
APPEND=rcupdate.rcu_cpu_stall_timeout=120
# What the programs themselves may get wrong is looked for on the build machine; here
# without VHE is what takes other paths of the kernel.
for mode in vhe cortex-a72; do
	dir=$scratch/$mode
	vmm_files "$dir"
	linux_guest "$dir" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8
	if [ $mode = vhe ]; then
		every_bare_guest "$dir"
		boot_guest "$dir" 8 --psci kernel
	else
		bare_guest "$dir" bare-psci --cpus 3 --max-cpus 4
	fi
	cpus_guest "$dir" 8 20 --conduit smc
	# shellcheck disable=SC2016 # for the machine's shell
	sed -i 's/size=131072/size=$ids/' "$dir/drive"
	sed -i -e '1i ids=1024' -e 's/^guest bare-garbage/ids=32768; &/' -e 's/^guest guest-cpus/ids=1024; &/' "$dir/job"
	echo "$leaks" >> "$dir/job"
	echo 'echo === all done' >> "$dir/job"
done

run_mode() { job "$1" "$image" "$scratch/$1" 3600 > "$logs/guests-kasan-$1.log" || true; }
say '  running the guests on the KASAN kernel, with VHE and without at once'
machine_files
in_parallel run_mode vhe cortex-a72
judge_guests kasan-vhe
judge_guests kasan-cortex-a72

finish

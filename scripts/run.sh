#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make run: the patched kernel, booted at EL2 under QEMU; in it the reference
# VMM, and in that a Linux whose firmware is in user space. The console of all
# three is on the screen. MODE= is vhe, nvhe, protected or cortex-a72; CONDUIT= hvc
# or smc.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/machine.sh"
. "$top/scripts/lib/vmm.sh"

case ${CONDUIT:-hvc} in hvc | smc) ;; *) die "CONDUIT=$CONDUIT is unknown; it can be hvc or smc" ;; esac
ready

dir=$(mktemp -d "$build/run.XXXXXX")
trap 'rm -rf "$dir" "$dir".*' EXIT
vmm_files "$dir"
linux_guest "$dir" "$top/scripts/guest/tour" --cpus 4 --max-cpus 8 \
	--conduit "${CONDUIT:-hvc}" --trace --verbose
echo 'echo === all done' >> "$dir/job"

say "  booting $package $version with $(series | wc -l) patches, mode $mode"
# The guest asks for random bytes all the time: that part is in the log alone, as are
# counts, which come as one table at the end
job "$mode" "$image" "$dir" | tee "$logs/run.log" |
	grep --line-buffered -v -e TRNG_RND -e '^=== log' -e '^kernel: ' \
		-e "^vmm: kernel's " -e '^vmm: [a-z]* \+\(calls\|[0-9]* \)' || true
bad=$(job_failures "$logs/run.log")
[ -z "$bad" ] || die "not all is well: $bad; the console is ${logs#"$PWD"/}/run.log"
agree=$("$top/scripts/lib/counts-agree" --table "$logs/run.log") ||
	die "the VMM and the kernel do not count the same: $agree; the console is ${logs#"$PWD"/}/run.log"
say "calls, as the VMM and the kernel's trace events counted them:
$(sed '$d' <<< "$agree")"
agree=${agree##*$'\n'}
say "the guest passed $(grep -c '^ok' "$logs/run.log") checks, on $(grep -m 1 -o 'Linux version [^ ]*' "$logs/run.log"); ${agree#*: }"
finished run

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run-kvm-tests.sh [OPTION...]: run_kselftest.sh of this directory, which passes
# on the options, with an exit status: 0 if every test passed or was skipped, 1
# if one failed, was killed or ran out of time, 4 if all were skipped, 2 if the
# tests did not run to their end. The TAP of it all is its output.
cd "$(dirname "$0")" || exit 2

# runner.sh knows one timeout, that of coreutils
if ! /usr/bin/timeout --version > /dev/null 2>&1; then
	# shellcheck disable=SC2016 # for the shell of runner.sh
	sed -e 's,/usr/bin/timeout --foreground "$kselftest_timeout",,' \
		-e "s,/usr/bin/timeout,$PWD/kselftest/timeout.sh,g" kselftest/runner.sh > kselftest/runner.tmp
	cat kselftest/runner.tmp > kselftest/runner.sh
	rm kselftest/runner.tmp
fi

# What ends with 128 and a signal was killed by it; 254 is a failed assertion
./run_kselftest.sh "$@" 2>&1 | awk '
	/^not ok .* # exit=[0-9]+$/ {
		status = $0
		sub(/.*=/, "", status)
		if (status > 128 && status <= 192)
			$0 = $0 " (killed by signal " status - 128 ")"
	}
	{ print }
	/^1\.\.[0-9]+$/ { planned += substr($0, 4) }
	/^ok / { if (/# SKIP/) skipped++; else passed++ }
	/^not ok / { failed++ }
	END {
		printf "# %d passed, %d failed, %d skipped, of %d\n", passed, failed, skipped, planned
		if (!planned || passed + failed + skipped != planned) exit 2
		if (failed) exit 1
		if (!passed) exit 4
	}'

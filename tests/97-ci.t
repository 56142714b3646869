#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make artefacts and the jobs in ci/: valid by LAVA's schema, the one for QEMU run by
# Debian's lava-run, with a failing and a killed test told apart; what docs/ci.md
# says to expect; and the tarball in Debian's minimal user space.
# Uses: patches kernel:series:host headers:series selftests:series machine archive
. "$(dirname "$0")/lib/tap.sh"
. "$top/tests/lib/lava.sh"
# It is about $top/ci and $top/docs/ci.md. In the tarball are $top/scripts/guest/runner-functions.sh,
# $top/scripts/guest/timeout.sh, $top/scripts/guest/run-kvm-tests.sh, $top/tests/lists/base-failures,
# $top/bench/time.c, $top/bench/calls.h

[ "${SERIES:-all}" = all ] || { skip 'the jobs are tried with the whole series'; finish; }
use_source
need_compiler
kernel "$series_commit" host
selftests "$series_commit"
release=${series_dir##*/}

check 'make artefacts' "$top/scripts/artefacts.sh"
artefacts=$build/artefacts
sums() { (cd "$artefacts" && sha256sum -c SHA256SUMS && diff <( (cut -c 67- SHA256SUMS; echo SHA256SUMS) | sort) <(find . -type f -printf '%P\n' | sort)); }
check '... with a checksum for each file' sums
for file in Image config initrd.cpio kselftest.tar.gz headers.tar.gz VERSION; do check "... $file" [ -s "$artefacts/$file" ]; done

need lava-common python3-jinja2 python3-yaml
schema() { /usr/bin/python3 /usr/share/lava-common/lava-schema.py job --strict "$1"; }
for job in "$top"/ci/lava/*.yaml; do
	check "${job#"$top/"} is valid by LAVA's schema" schema "$job"
done
sed 's/^  extra_options:/  no_such_option:/' "$top/ci/lava/qemu.yaml" > "$scratch/wrong.yaml"
wrong() { ! schema "$scratch/wrong.yaml"; }
check '... which a wrong word is not' wrong

# What KernelCI's pipeline reads of an entry, and that each job has a platform
# shellcheck disable=SC2016 # python's
fields='
import sys, yaml
jobs = yaml.safe_load(open(sys.argv[1]))["jobs"]
entries = yaml.safe_load(open(sys.argv[2]))["scheduler"]
for name, job in jobs.items():
    assert job["template"] and job["kind"] == "job" and job["kcidb_test_suite"] == "kselftest.kvm", name
    assert job["rules"]["tree"] and job["params"]["test_method"] == "kselftest" and job["params"]["collections"] == "kvm", name
    assert job["params"]["job_timeout"] >= 10, name
for entry in entries:
    assert entry["event"]["channel"] == "node" and entry["event"]["name"].startswith("kbuild-"), entry
    assert entry["runtime"]["type"] == "lava" and entry["platforms"], entry
assert sorted(jobs) == sorted(entry["job"] for entry in entries)
'
check 'ci/kernelci has the fields of an entry' /usr/bin/python3 -c "$fields" "$top"/ci/kernelci/{jobs,scheduler}.yaml

# The console of the job's machine, and what docs/ci.md says of it
lava_machine
start=$SECONDS
timeout 900 "${qemu[@]}" < /dev/null 2>&1 9>&- | tr -d '\r' > "$logs/ci-machine.log" || true
seconds=$((SECONDS - start))
summary=$(sed -n 's/^# \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped, of \([0-9]*\)$/| '"$release"' | \4 | \1 | \3 | \2 |/p' "$logs/ci-machine.log")
echo "# $summary in $seconds s"
table() { sed -n '/<!-- expect -->/,/<!-- end -->/p' "$top/docs/ci.md"; }
expected() { table | grep -F "${summary:-no summary} "; }
if table | grep -q "^| $release | [0-9]"; then
	check 'docs/ci.md says how many tests run, pass, are skipped and fail' expected
else
	skip "docs/ci.md has no figures of $release yet: $summary $((seconds / 60)):$(printf %02d $((seconds % 60))) |"
fi
reasons()
{
	local test bad=0
	while read -r test; do
		grep -q "^|.*\`$test\`.*|" "$top/docs/ci.md" || { echo "no reason for $test"; bad=1; }
	done < <(sed -n 's/^# result: \(.*\) skip 4$/\1/p' "$logs/ci-machine.log")
	return $bad
}
check '... and why they are skipped' reasons

# The same by lava-run, with two more tests, one that fails and one that is killed
if ! why=$(lava_debian 2>&1); then
	skip "lava-run: ${why##*error: }"
else
	plant failed 'echo planted; exit 254'
	# shellcheck disable=SC2016 # for the shell there
	plant killed 'kill -9 $$'
	check 'lava-run runs ci/lava/qemu.yaml' lava_run "$top/ci/lava/qemu.yaml"
	# LAVA has no - in the name of a test case
	cases() { diff <(sed -n 's/^# result: \([^ ]*\) \(pass\|skip\) .*/\1 \2/p' "$logs/ci-machine.log" | tr - _ | sort) <(results_of pass skip | cut -d' ' -f1,2 | sort); }
	check '... with the same results' cases
	check '... and a failing test' grep -qx 'failed fail 254' <(results_of fail)
	check '... told apart from one that is killed' grep -qx 'killed fail 137' <(results_of fail)
fi

# Debian's minimal user space: no busybox, dash as sh
debian_userland "$scratch/debian"
cat > "$scratch/debian/job" <<'END'
/kselftest/run-kvm-tests.sh -t kvm:smccc_filter_exit -t kvm:psci_test
echo "=== status $?"
echo === all done
END
initrd_of "$scratch/debian" "$scratch/debian.cpio"
machine vhe "$image" "$scratch/debian.cpio"
timeout 300 "${qemu[@]}" < /dev/null 2>&1 9>&- | tr -d '\r' > "$logs/ci-debian.log" || true
check 'the tarball in a machine with nothing but Debian packages of priority required' grep -qx '# 2 passed, 0 failed, 0 skipped, of 2' "$logs/ci-debian.log"
check '... status 0' grep -qx '=== status 0' "$logs/ci-debian.log"

figure "$summary in $seconds s"
finish

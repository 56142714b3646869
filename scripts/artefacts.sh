#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make artefacts: build/artefacts, what the jobs in ci/lava download: the kernel and
# its configuration, an initramfs that runs the selftests, the tarballs of make
# kselftest and make headers, and the checksums of all.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/kernel.sh"
. "$top/scripts/lib/machine.sh"

use_source
kernel "$series_commit" host
"$top/scripts/kselftest.sh"
"$top/scripts/headers.sh"

out=$build/artefacts
dir=$(mktemp -d "$build/artefacts.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/out" "$dir/root"
cp "$image" "$dir/out/Image"
cp "${image%/*}/.config" "$dir/out/config"
for name in kselftest headers; do
	cp "$build/smccc-filter-$name-$version.tar.gz" "$dir/out/$name.tar.gz"
done
tar -xzf "$dir/out/kselftest.tar.gz" -C "$dir/root"
cp "$dir/root/kselftest/VERSION" "$dir/out"
printf '%s\n' 'cat /kselftest/VERSION' '/kselftest/run-kvm-tests.sh --skip-known' > "$dir/root/job"
initrd "$dir/root" "$dir/out/initrd.cpio"
(cd "$dir/out" && sha256sum -- * > SHA256SUMS)
rm -rf "$out"
mv "$dir/out" "$out"
say "$out has $(cd "$out" && echo *); docs/ci.md says how jobs use them"
finished artefacts

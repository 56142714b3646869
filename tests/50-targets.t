#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bad input to the make targets gives one line that says what to do, and make tree
# and make export belong together.
# Uses: repository each-patch base
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the targets are tried with patches/6.1'; finish; }

# Below the base is what patches/6.1/base says
unset KERNEL
use_source
need_compiler
need cpio qemu-system-arm
. "$top/tests/lib/targets.sh"
run=$copy/scripts/run.sh

refuses 'an unknown KERNEL=' 'no linux-source-6.1 6.1.1-1 in the archive; KERNEL= can be one of: 6.1' \
	env KERNEL=6.1.1-1 "$run"
refuses 'an unknown SERIES=' 'SERIES=half is unknown; it can be core or all' env SERIES=half "$run"
refuses 'an unknown CONFIG=' 'CONFIG=tiny is unknown; it can be one of: arm64 cloud-arm64' env CONFIG=tiny "$copy/scripts/deb.sh"
refuses 'a MODE= that has another name now' 'MODE=novhe is now MODE=cortex-a72' env MODE=novhe "$run"
refuses 'an unknown MODE=' 'MODE=fast is unknown; it can be one of: vhe' env MODE=fast "$run"

refuses 'no network' 'cannot read the Debian archive: .*check the network and run it again' \
	env BUILD="$scratch/empty" http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 "$run"
refuses 'no space' 'needs . GiB and has 0; free some, or set BUILD=' \
	with_stubs 'df=echo Avail; echo 1000' -- env BUILD="$scratch/full" "$run"
refuses 'a build directory that cannot be made' 'cannot create /proc/build; set BUILD=' \
	env -u SMCCC_LOCKED BUILD=/proc/build "$run"
# shellcheck disable=SC2016 # for the other bash
refuses 'another make at work' 'another make is at work' \
	env -u SMCCC_LOCKED BUILD="$scratch/busy" bash -c '
		mkdir -p "$BUILD"; exec 8> "$BUILD/.lock"; flock 8; "$1"' - "$run"

no_qemu='[[ $* != *qemu-system-arm* ]] && exec /usr/bin/dpkg-query "$@"'
refuses 'QEMU missing, and no right to install it' \
	'packages are missing; type: sudo apt-get install .*qemu-system-arm' \
	with_stubs "dpkg-query=$no_qemu" 'id=echo 1000' 'sudo=exit 1' -- "$run"
refuses 'QEMU missing, and no way to get it' \
	'cannot install qemu-system-arm: E: no such luck; check the network, then type: apt-get install .*qemu' \
	with_stubs "dpkg-query=$no_qemu" 'id=echo 0' 'apt-get=echo E: no such luck; exit 100' -- "$run"
refuses 'a machine that is neither x86-64 nor arm64' 'no support for riscv64 machines' \
	with_stubs 'uname=echo riscv64' -- "$run"

refuses 'SOURCE= that is not there' 'SOURCE=/nowhere is not there' env SOURCE=/nowhere "$run"
refuses 'SOURCE= that is no kernel' 'SOURCE=.*/Makefile is no kernel' env SOURCE="$copy/Makefile" "$run"
refuses '... a directory that is none' "SOURCE=$copy is no kernel" env SOURCE="$copy" "$run"
refuses 'SOURCE= and KERNEL=' 'give one of them' env SOURCE="$copy" KERNEL=1 "$run"
refuses 'make mail from nobody' 'FROM=nobody is no sender' env FROM=nobody "$copy/scripts/mail.sh"
refuses 'make mail from the project' 'the sender has to be a person' \
	env FROM="Somebody <$(git_linux log -1 --format=%ae "$series_commit")>" "$copy/scripts/mail.sh"
refuses 'make deb with SOURCE=' 'it has no SOURCE=' env SOURCE="$linux" "$copy/scripts/deb.sh"

first=$(series | head -n 1)
sed -i 's|^ \tcase ESR_ELx_EC_SVC32:|  \tcase ESR_ELx_EC_SVC33:|' "$copy/patches/6.1/$first"
refuses 'a patch that does not apply' "$first does not apply to $package $version, in arch/arm64/kvm/hyp/aarch32.c" "$run"
rm "$copy/patches/6.1/$first"
refuses 'a patch that is not there' "patches/6.1/series names $first, which is not there" "$run"
cp "$series_dir/$first" "$copy/patches/6.1/$first"

# An arm64 machine is there to be stubbed only: no cross compiler
# shellcheck disable=SC2016 # for the other bash
check 'arm64 hosts use no cross compiler for arm64' with_stubs 'uname=echo aarch64' -- \
	bash -c '. "$1/scripts/lib/common.sh"; [ "$host" = arm64 ] && [ -z "$arm64_cross" ] && [ "$x86_cross" = x86_64-linux-gnu- ]' - "$copy"

# The tree is made apart from ours, where somebody may be at work
export BUILD=$scratch/tree-build
mkdir "$BUILD"
git clone -q --shared --no-checkout "$linux" "$BUILD/linux-$version"
touch "$BUILD/linux-$version/.git/smccc-base"
export KERNEL=$version
refuses 'an export without a tree' 'there is no .*/tree; make it with: make tree' "$copy/scripts/export.sh"
check 'make tree' "$copy/scripts/tree.sh"
refuses 'make tree, twice' 'is there already' "$copy/scripts/tree.sh"
check 'make export' "$copy/scripts/export.sh"
check '... changes nothing' diff -r "$series_dir" "$copy/patches/6.1"

tree=$BUILD/tree
echo 'a new file' > "$tree/arch/arm64/kvm/new-file"
refuses 'an export with a file that was forgotten' 'not committed .* arch/arm64/kvm/new-file' "$copy/scripts/export.sh"
git -C "$tree" add -f arch/arm64/kvm/new-file
git -C "$tree" -c user.name=N -c user.email=n@example.org commit -q -m 'KVM: arm64: Add a file'
check 'make export with a new commit' "$copy/scripts/export.sh"
nr=$(printf %04d $(($(SERIES=all series | wc -l) + 1)))
check '... makes a patch of it' grep -q 'a new file' "$copy/patches/6.1/$nr-KVM-arm64-Add-a-file.patch"
check '... and names it in the series' grep -qx "$nr-KVM-arm64-Add-a-file.patch" "$copy/patches/6.1/series"
git -C "$tree" reset -q --hard HEAD~
check 'make export without it' "$copy/scripts/export.sh"
check '... is as before' diff -r "$series_dir" "$copy/patches/6.1"

# The scripts go to other directories
check 'BUILD= relative to where make is' make -s -C "$copy" BUILD=elsewhere quilt
check '... is the same everywhere' grep -q "$copy/elsewhere/quilt has" "$previous"

finish

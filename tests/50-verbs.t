#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bad input to the verbs gives one line that says what to do, an interrupted
# build can be repeated, and make tree and make export belong together.
. "$(dirname "$0")/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the verbs are tried with patches/6.1'; finish; }

# Below the base is what patches/6.1/base says
unset KERNEL
use_source
need_compiler
need cpio qemu-system-arm
# The newest kernel is there now, so that below only what is asked for happens
kernel "$series_commit" host
selftests "$series_commit"

# A copy of this repository, to be spoiled, that builds where we build
copy=$scratch/copy
mkdir "$copy"
(cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy")
git -C "$copy" init -q
export BUILD=$build

# refuses TEXT PATTERN COMMAND...: COMMAND fails, and its last line is an error
# that matches PATTERN
refuses()
{
	local text=$1 pattern=$2 status=0; shift 2
	"$@" > "$scratch/out" 2>&1 < /dev/null || status=$?
	if [ $status != 0 ] && tail -n 1 "$scratch/out" | grep -q "^error: .*$pattern"; then
		ok "$text"
	else
		not_ok "$text: status $status, wanted /$pattern/"
		tail -n 5 "$scratch/out" | diag
	fi
}

# with_stubs NAME=SCRIPT... -- COMMAND...: COMMAND finds these first in its PATH
with_stubs()
{
	local bin
	bin=$(mktemp -d "$scratch/bin.XXXXXX")
	while [ "$1" != -- ]; do
		printf '#!/bin/bash\n%s\n' "${1#*=}" > "$bin/${1%%=*}"
		chmod +x "$bin/${1%%=*}"
		shift
	done
	shift
	PATH=$bin:$PATH "$@"
}

run=$copy/scripts/run.sh

refuses 'an unknown KERNEL=' 'no linux-source-6.1 6.1.1-1 in the archive; KERNEL= can be one of: 6.1' \
	env KERNEL=6.1.1-1 "$run"
refuses 'an unknown SERIES=' 'SERIES=half is unknown; it can be core or all' env SERIES=half "$run"
refuses 'an unknown CONFIG=' 'CONFIG=tiny is unknown; it can be one of: arm64 cloud-arm64' env CONFIG=tiny "$copy/scripts/deb.sh"
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

first=$(series | head -n 1)
sed -i 's/^-\t\t\t__u32 longmode;/-\t\t\t__u32 shortmode;/' "$copy/patches/6.1/$first"
refuses 'a patch that does not apply' "$first does not apply to $package $version" "$run"
rm "$copy/patches/6.1/$first"
refuses 'a patch that is not there' "patches/6.1/series names $first, which is not there" "$run"
cp "$series_dir/$first" "$copy/patches/6.1/$first"

# The archive forgets old versions
sed -i 's/^6\.1\..*/6.1.1-1/' "$copy/patches/6.1/base"
check 'a base that the archive no longer has: the newest one is taken' "$run"
check '... and it is said' grep -q 'note: the archive no longer has linux-source-6.1 6.1.1-1; going on with 6.1' "$previous"
cp "$series_dir/base" "$copy/patches/6.1/base"

# Interrupted in the middle of the kernel: only a line of the configuration
# differs, so most of the objects are there already
name=-interrupted-$$
echo "CONFIG_LOCALVERSION=\"$name\"" >> "$copy/configs/host.config"
rm -f "$logs/kernel-host.log"
setsid "$run" > "$scratch/first" 2>&1 < /dev/null &
pid=$!
until grep -q '  CC ' "$logs/kernel-host.log" 2>/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
kill -INT -- -$pid 2>/dev/null || true
kill -TERM -- -$pid 2>/dev/null || true
wait $pid || true
check 'a run that was interrupted did not get to its end' bash -c "! grep -q 'the guest passed' '$scratch/first'"
check '... and can simply be repeated' "$run"
check '... to its end' grep -q "the guest passed .* checks, on Linux version 6.1.*$name" "$previous"
rm -r "$(dirname "$(grep -lr --include=.config -e "$name" "$build/kernels")")"
cp "$top/configs/host.config" "$copy/configs/host.config"

# An arm64 machine is there to be stubbed only: no cross prefix
# shellcheck disable=SC2016 # for the other bash
check 'arm64 hosts use no cross compiler for arm64' with_stubs 'uname=echo aarch64' -- \
	bash -c '. "$1/scripts/lib.sh"; [ "$host" = arm64 ] && [ -z "$arm64_cross" ] && [ "$x86_cross" = x86_64-linux-gnu- ]' - "$copy"

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

# make check-all keeps a result under what went into it, here and for another machine
rm "$copy"/tests/*.t
trivial=$copy/tests/01-trivial.t
cat > "$trivial" <<END
#!/bin/bash
# It depends on \$top/tests/races, and not on 02-other.t
. "\$(dirname "\$0")/tap.sh"
echo >> "$scratch/runs"
check 'a thing' true
figure of one
finish
END
printf '%s\n' '#!/bin/bash' 'echo 1..1' 'echo ok 1' > "$copy/tests/02-other.t"
chmod +x "$copy"/tests/*.t
all() { "$copy/scripts/check.sh" --all && diff <(echo "$1") <(wc -l < "$scratch/runs"); }
page() { cat "$BUILD/check-all.txt" && grep "^01-trivial  *1 checks; of one  *0:0[0-9]  [0-9a-f]*$" "$BUILD/check-all.txt"; }
unset TESTS
export BUILD=$scratch/one
check 'make check-all' all 1
check '... writes a page' page
check '... and runs nothing twice' all 1
export BUILD=$scratch/other KEPT=$scratch/one/check-all.txt
check '... nor what another machine did' all 1
check '... whose page it has then' diff "$KEPT" "$BUILD/check-all.txt"
sed 's/^01-trivial/02-another/' "$KEPT" > "$scratch/renamed"
KEPT=$scratch/renamed BUILD=$scratch/third check '... but not the result of another test' all 2
echo '# changed' >> "$copy/tests/02-other.t"
check '... nor for a test that a comment names' all 2
echo '# changed' >> "$copy/tests/races"
check '... but for an input that has changed' all 3
echo '# changed' >> "$trivial"
check '... and for a test that has' all 4
sed -i 's/true$/false/' "$trivial"
refuses 'a test that fails, in make check-all' 'some tests failed; make check-all goes on with those' "$copy/scripts/check.sh" --all
check '... which the page says' grep -qx '01-trivial did not pass yet' "$BUILD/check-all.txt"
KEPT=/no/page refuses 'a page that is not there' 'KEPT=/no/page: no such page' "$copy/scripts/check.sh" --all

finish

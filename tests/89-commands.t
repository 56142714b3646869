#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the documents say to type works, and prints what they say; a build that was
# interrupted can be repeated, and an old base gives way to what the archive has.
# Uses: repository patches base archive kernel:series:host kernel:base:host headers:series machine deb:b4
. "$(dirname "$0")/lib/tap.sh"

[ "${LINUX:-6.1}" = 6.1 ] || { skip 'the documents are about patches/6.1'; finish; }

unset KERNEL
use_source
need_compiler
need b4 cpio qemu-system-arm
kernel "$series_commit" host
cd "$top"
documents=(*.md */*.md)

# block FILE KIND N: the Nth block of that kind
block() { awk -v kind="\`\`\`$2" -v n="$3" '/^```/ { inside = $0 == kind && ++i == n; next } inside' "$1"; }

# A copy of this repository that builds where we build, but for the tree of
# make tree. Its make leaves to their own tests what takes long.
copy=$scratch/copy
mkdir -p "$copy/build" "$scratch/bin"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
git -C "$copy" init -q
for dir in apt cache kernels selftests obj; do mkdir -p "$build/$dir"; ln -s "$build/$dir" "$copy/build"; done
git clone -q --shared --no-checkout "$linux" "$copy/build/linux-$version"
touch "$copy/build/linux-$version/.git/smccc-base"
# The version that series.md moves to, if it is none yet
[ "$version" = 6.1.193-1 ] || (
	git clone -q --shared --no-checkout "$linux" "$copy/build/linux-6.1.193-1"
	cd "$copy/build/linux-6.1.193-1"
	git read-tree base
	makefile=$(git show base:Makefile | sed 's/^SUBLEVEL = .*/SUBLEVEL = 193/' | git hash-object -w --stdin)
	git update-index --cacheinfo "100644,$makefile,Makefile"
	git tag -f base "$(git -c user.name=N -c user.email=n@example.org commit-tree -m 6.1.193-1 "$(git write-tree)")" > /dev/null
	touch .git/smccc-base
)
cat > "$scratch/bin/make" <<END
#!/bin/bash
case \$* in
run | check* | deb | bench | artefacts) ;;	# this test, .ci/run, 88-deb, 85-bench and 97-ci
*)		exec /usr/bin/make "\$@" ;;
esac
END
chmod +x "$scratch/bin/make"

# runs FILE N: the Nth ```sh of the document
runs()
{
	block "$1" sh "$2" > "$scratch/block"
	(cd "$copy" && env -u SMCCC_LOCKED -u BUILD PATH="$scratch/bin:$PATH" bash -e "$scratch/block") \
		2>&1 < /dev/null | tee "$scratch/$(basename "$1")-$2"
}
for file in "${documents[@]}"; do
	for ((i = 1; i <= $(grep -cx '```sh' "$file"); i++)); do
		say "  $file: $(block "$file" sh $i | head -n 1)"
		check "$file: $(block "$file" sh $i | head -n 1)" runs "$file" $i
	done
done
check '... and make export prints what series.md says' diff <(block docs/series.md output 1) <(grep '^  [-+]' "$scratch/series.md-2")
mails() { [ "$(find "$copy/build/mail" -name '*.eml' | wc -l)" = $(($(series | wc -l) + 1)) ] && grep -l 'maz@kernel\.org' "$copy"/build/mail/0000-*; }
check '... and a mail for each patch is there, with a cover letter to the maintainers' mails

# The program of vmm-authors.md on the untouched base
block docs/vmm-authors.md c 3 > "$scratch/filter.c"
headers_of "$series_commit" arm64
mkdir "$scratch/job.d"
"${arm64_cross}gcc" -O2 -static -isystem "$headers/include" -o "$scratch/job.d/filter" "$scratch/filter.c"
printf '%s\n' "echo '=== begin filter'" /filter "echo '=== end filter' 0" 'echo === all done' > "$scratch/job.d/job"
kernel base host
job vhe "$image" "$scratch/job.d" > "$scratch/without"
check 'the program of vmm-authors.md says on the untouched base that there is no filter' \
	grep -qx 'filter: this kernel has no SMCCC filter' "$scratch/without"

rm -rf "$scratch/copy"
. "$top/tests/lib/targets.sh"
run=$copy/scripts/run.sh

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

finish

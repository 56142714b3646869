# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The KVM selftests of a tree, linked statically. Source it after kernel.sh.

# Through ccache, since the library's own rules know nothing of its headers and
# the programs of two patches mostly differ by one file
selftests_make()
{
	local out=$1; shift
	CCACHE_DIR=$build/ccache CCACHE_BASEDIR=$build \
		make -C "$linux/tools/testing/selftests/kvm" ARCH=arm64 "CROSS_COMPILE=$arm64_cross" \
		"CC=ccache ${arm64_cross}gcc" "OUTPUT=$out" LDFLAGS=-static \
		"KHDR_INCLUDES=-isystem $headers/include" -j"$(nproc)" "$@"
}

# own_selftests DIR: the series' own, as far as DIR has them, programs or sources:
# the core part and the first patches of the series do not have all. Linux 7.3
# has them in arm64/, and build_selftests() makes one name of the two.
own_selftests() { (cd "$1" && printf '%s\n' a*64/smccc_filter* | sed 's/\.c$//; s|^arm64/|aarch64/|' | grep -v '[.*]' | sort -u); }

# Some tests of 6.1 do not build on the untouched base: the series' own must
build_selftests()
{
	local out=$1 test
	selftests_make "$out" -k || true
	[ -e "$out/aarch64" ] || ln -s arm64 "$out/aarch64"
	for test in aarch64/hypercalls $(own_selftests "$linux/tools/testing/selftests/kvm"); do
		[ -x "$out/$test" ] || { echo "$test was not built"; return 1; }
	done
	find "$out" -name '*.o' -delete
	# What the machine has to unpack, and what a comment changes, is in there
	find "$out" -type f -executable -exec "${arm64_cross}strip" {} +
}

# selftests_key COMMIT: what they are made from, as a hash
selftests_key() { (selftests_hash "$1"; "${arm64_cross}gcc" -dumpfullversion) | hash_of; }

# selftests COMMIT: set $selftests to the directory with the programs of COMMIT,
# and $headers to that of its headers
selftests()
{
	local commit=$1
	used "$(thing selftests "$commit")"
	need_compiler
	need ccache
	headers_of "$commit" arm64
	selftests=$build/selftests/$(selftests_key "$commit")
	[ ! -e "$selftests" ] || return 0

	put_at "$commit"
	rm -rf "$selftests.tmp"; mkdir -p "$selftests.tmp"
	step -l "$logs/selftests.log" "building the selftests of $(git_linux log -1 --format=%f "$commit" | cut -c 1-60)" \
		build_selftests "$selftests.tmp"
	mv "$selftests.tmp" "$selftests"
}

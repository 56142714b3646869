# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The KVM selftests of a tree, linked statically. Source it after kernel.sh.

selftests_make()
{
	make -C "$linux/tools/testing/selftests/kvm" ARCH=arm64 "CROSS_COMPILE=$arm64_cross" \
		"OUTPUT=$1" LDFLAGS=-static "KHDR_INCLUDES=-isystem $1/headers/include" \
		-j"$(nproc)" "${@:2}"
}

# own_selftests DIR: the series' own, as far as DIR/aarch64 has them, programs
# or sources: SERIES=core and prefixes of the series do not have all
own_selftests()
{
	local test
	for test in smccc_filter smccc_filter_random smccc_filter_ext; do
		if [ -e "$1/aarch64/$test" ] || [ -e "$1/aarch64/$test.c" ]; then
			echo "aarch64/$test"
		fi
	done
}

# Some tests of 6.1 do not build on the untouched base: the series' own must
build_selftests()
{
	local out=$1 test
	kernel_make "$build/obj/headers-$version" -s headers_install "INSTALL_HDR_PATH=$out/headers"
	selftests_make "$out" -k || true
	for test in aarch64/hypercalls $(own_selftests "$linux/tools/testing/selftests/kvm"); do
		[ -x "$out/$test" ] || { echo "$test was not built"; return 1; }
	done
}

# selftests COMMIT: set $selftests to the directory with the programs of COMMIT
selftests()
{
	local commit=$1 key
	need_compiler
	key=$( (selftests_hash "$commit"; "${arm64_cross}gcc" -dumpfullversion) | hash_of)
	selftests=$build/selftests/$key
	[ ! -e "$selftests" ] || return 0

	checkout "$commit"
	rm -rf "$selftests.tmp"; mkdir -p "$selftests.tmp"
	step -l "$logs/selftests.log" "building the selftests of $(git_linux log -1 --format=%f "$commit" | cut -c 1-60)" \
		build_selftests "$selftests.tmp"
	find "$selftests.tmp" -name '*.o' -delete
	mv "$selftests.tmp" "$selftests"
}

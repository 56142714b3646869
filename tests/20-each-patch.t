#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each patch compiles without a warning on top of those before it: KVM of arm64, what
# it touches in lib/, KVM of x86 and the selftests where it touches them.
# Uses: each-patch
. "$(dirname "$0")/lib/tap.sh"

use_source
need_compiler
need ccache
compilers=$("${arm64_cross}gcc" -dumpfullversion; gcc -dumpfullversion)

# In the directory of the kernel that is built next, with the same configuration,
# where a warning is an error: nothing is compiled twice
compile_arm64()
{
	put_at "$commit"
	configure "$build/obj/host-$version" "${fragments[@]}"
	# shellcheck disable=SC2046 # a list
	kernel_make "$build/obj/host-$version" arch/arm64/kvm/ $(sed -n 's/^\(lib\/.*\)c$/\1o/p' <<< "$files")
}

compile_x86()
{
	local obj=$build/obj/x86-$version make
	put_at "$commit"
	mkdir -p "$obj"
	make=(make -C "$linux" "O=$obj" ARCH=x86_64 "CROSS_COMPILE=$x86_cross" "-j$(nproc)")
	"${make[@]}" -s "KCONFIG_ALLCONFIG=$top/configs/x86-compile.config" allnoconfig
	grep -q '^CONFIG_KVM_AMD=y' "$obj/.config"
	"${make[@]}" arch/x86/kvm/
}

compile_selftests()
{
	local out=$build/obj/each-patch-selftests-$version
	headers_of "$commit" arm64
	put_at "$commit"
	rm -rf "$out"; mkdir -p "$out"
	selftests_make "$out" EXTRA_CFLAGS=-Werror $(for program; do echo "$out/$program"; done)
}

# Its name since Linux 6.14 is the second
folder=$(git_linux ls-tree --name-only base:tools/testing/selftests/kvm | grep -E '^(aarch|arm)64$')
fragments host
nr=0
for patch in $(series); do
	nr=$((nr + 1))
	commit=$(patch_commit $nr)
	name=${patch%.patch}
	files=$(git_linux diff --name-only --diff-filter=d "$commit~" "$commit")
	code="$compilers $(kernel_hash "$commit")"
	say "  compiling with patch $nr of $(series | wc -l): $name"
	check_once "arm64 $code $(cat "${fragments[@]}")" "arm64: $name" compile_arm64
	if grep -qE '^(arch/x86|virt/kvm|include/uapi/linux/kvm.h|include/linux/kvm)' <<< "$files"; then
		[ -z "$x86_cross" ] || need gcc-x86-64-linux-gnu
		check_once "x86 $code $(cat "$top/configs/x86-compile.config")" "x86: $name" compile_x86
	fi
	if grep -q '^tools/testing/selftests/kvm/' <<< "$files"; then
		mapfile -t programs < <(git_linux ls-tree -r --name-only "$commit" tools/testing/selftests/kvm | grep -oE '(aarch|arm)64/smccc_filter[a-z_0-9]*\.c$' | sed 's/\.c$//')
		check_once "selftests $compilers $(selftests_hash "$commit")" "selftests: $name" \
			compile_selftests "$folder"/{hypercalls,psci_test} "${programs[@]}"
	fi
done

figure "$nr patches, no warning${nr_kept:+; $nr_kept checks kept}"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every prefix of the series compiles without a warning: KVM of arm64, KVM of
# x86 where a patch touches it, the selftests where a patch touches them.
. "$(dirname "$0")/tap.sh"

use_source
need_compiler

compile_arm64()
{
	configure "$build/obj/prefix-$version" "$top/configs/"{host,"${series_dir##*/}"}.config
	kernel_make "$build/obj/prefix-$version" KCFLAGS=-Werror arch/arm64/kvm/
}

compile_x86()
{
	local obj=$build/obj/x86-$version
	mkdir -p "$obj"
	make -C "$linux" "O=$obj" ARCH=x86_64 "CROSS_COMPILE=$x86_cross" -s \
		"KCONFIG_ALLCONFIG=$top/configs/x86-kvm.config" allnoconfig
	grep -q '^CONFIG_KVM_INTEL=y' "$obj/.config"
	make -C "$linux" "O=$obj" ARCH=x86_64 "CROSS_COMPILE=$x86_cross" -j"$(nproc)" \
		KCFLAGS=-Werror arch/x86/kvm/
}

compile_selftests()
{
	local out=$build/obj/prefix-selftests-$version
	rm -rf "$out"; mkdir -p "$out"
	kernel_make "$build/obj/headers-$version" -s headers_install "INSTALL_HDR_PATH=$out/headers"
	selftests_make "$out" EXTRA_CFLAGS=-Werror $(for program; do echo "$out/$program"; done)
}

nr=0
for patch in $(series); do
	nr=$((nr + 1))
	commit=$(patch_commit $nr)
	checkout "$commit"
	name=${patch%.patch}
	files=$(git_linux diff --name-only "$commit~" "$commit")
	say "  compiling prefix $nr of $(series | wc -l): $name"
	check "arm64: $name" compile_arm64
	if grep -q -e '^arch/x86/' -e '^virt/kvm/' -e '^include/uapi/linux/kvm.h' -e '^include/linux/kvm' <<< "$files"; then
		[ -z "$x86_cross" ] || need gcc-x86-64-linux-gnu
		check "x86: $name" compile_x86
	fi
	if grep -q '^tools/testing/selftests/kvm/' <<< "$files"; then
		mapfile -t programs < <(own_selftests "$linux/tools/testing/selftests/kvm")
		check "selftests: $name" compile_selftests aarch64/hypercalls aarch64/psci_test "${programs[@]}"
	fi
done

figure "$nr prefixes, no warning"
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Nothing moves in what user space has compiled in: each member of each
# structure in linux/kvm.h of the base has the same type, offset and size after
# the series, by the compiler's own debug information, on every architecture
# that has KVM.
# Uses: headers:base headers:series deb:clang deb:pahole
. "$(dirname "$0")/lib/tap.sh"

use_source
need make rsync pahole clang llvm

# members COMMIT ARCH TARGET: a line for each: structure, member, offset, size
members()
{
	local dir=$scratch/$2
	mkdir -p "$dir"
	headers_of "$1" "$2" >&2
	# The compiler's own stdint.h and no libc: uapi headers need none
	echo '#include <linux/kvm.h>' |
		clang "--target=$3" -ffreestanding -nostdlibinc -Wall -Wextra -Werror -gdwarf-4 \
			-fno-eliminate-unused-debug-types -isystem "$headers/include" -x c -c -o "$dir/kvm.o" -
	pahole "$dir/kvm.o" | awk '
		/^(struct|union) / { name = $1 " " $2 }
		/\/\* +[0-9]+ +[0-9]+ \*\// {
			gsub(/^[ \t]+/, ""); gsub(/[ \t]+/, " ")
			print name ": " $0
		}' | sort -u
}

# hypercall.pad was never used, and is the upper half of hypercall.flags now;
# arm64's s.regs grows in the 2,048 bytes that were always there for it
meant='^struct kvm_run: (__u32 pad; /\* (68|100|116) 4 \*/|struct kvm_sync_regs regs; /\* (0|304) 8 \*/)$'

for arch in arm64 x86_64 s390 riscv; do
	case $arch in
	arm64)	target=aarch64-linux-gnu ;;
	x86_64)	target=x86_64-linux-gnu ;;
	s390)	target=s390x-linux-gnu ;;
	riscv)	target=riscv64-linux-gnu ;;
	esac
	compiles() { members base $arch $target > "$scratch/$arch.base" && members "$series_commit" $arch $target > "$scratch/$arch.series"; }
	check "$arch: the headers compile" compiles
	stays() { ! comm -23 "$scratch/$arch.base" "$scratch/$arch.series" | grep -vE "$meant" && [ "$(wc -l < "$scratch/$arch.base")" -gt 300 ]; }
	check "$arch: none of $(wc -l < "$scratch/$arch.base") members moves" stays
	comm -13 "$scratch/$arch.base" "$scratch/$arch.series" | sed 's/^/new: /' | diag
done

figure "$(cat "$scratch"/*.base | wc -l) members in 4 architectures"
finish

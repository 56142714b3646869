# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The reference VMM on the build machine, with a scripted KVM (tests/native).
# Source it after tap.sh.

# native_uapi DIR: of arm64's uapi headers those that the VMM needs; the others are
# for the build machine's own C library
native_uapi()
{
	local file
	mkdir -p "$1/linux" "$1/asm"
	for file in linux/{types,kvm,psci,arm_sdei}.h asm/{kvm,ptrace,sve_context,hwcap}.h; do
		cp "$headers/include/$file" "$1/$file"
	done
}

# build_native OUT [SANITIZE [DIR]]: the VMM with each guest in it: OUT/bare-NAME;
# of the sources in DIR, if they are not ours
build_native()
{
	mkdir -p "$1"
	make -C "$top/tests/native" "-j$(nproc)" "OUT=$1" "UAPI=$scratch/uapi" "SANITIZE=${2:-}" ${3:+"VMM=$3" WERROR=} all
}

# native_image FILE: the header of an arm64 Image, which is all that is read of it
native_image() { perl -e 'print pack("VVQ<Q<Q<Q<Q<Q<VV", 0, 0, 0, 0x1000, 0xa, 0, 0, 0, 0x644d5241, 0), "\0" x 4096' > "$1"; }

# native_guests OUT LOG [ARGUMENT...]: each guest of OUT, with what it wants
native_guests()
{
	local out=$1 log=$2 dir; shift 2
	dir=$(mktemp -d "$scratch/native.XXXXXX")
	native_image "$dir/Image"
	cat > "$dir/job" <<-END
		cd $dir
		. $top/scripts/guest/drive
		control=$dir/socket
		native() { vmm=$out/\$1; guest "\$@" --kernel Image; }
		native bare-psci --cpus 3 --max-cpus 4 $*
		native bare-sdei --cpus 2 $*
		native bare-services --filter 0xc3000000+0x10=forward --filter 0xc3000010+1=deny $*
		native bare-garbage --cpus 4 $*
		echo === all done
		echo === log ends
	END
	timeout -s KILL "${LIMIT:-120}" bash "$dir/job" > "$log" 2>&1 < /dev/null || true
	# Stacks of the guest are no part of the VMM
	sed -i "/WARNING: ASan doesn't fully support makecontext/d" "$log"
}

# no_finding LOG: the sanitizers have found nothing in it
no_finding() { ! grep -E 'ERROR: .*Sanitizer|WARNING: ThreadSanitizer|runtime error' "$1"; }

# same_counts LOG: what the VMM counted is what the scripted KVM forwarded
same_counts()
{
	awk '/^vmm: all / { all = $3 }
	     /^vmm: kernel.s smc_exit_stat/ { sub(",", "", $6); runs++; if ($6 != all) { print "forwarded " $6 ", counted " all; bad = 1 } }
	     END { exit bad || runs != 4 }' "$1"
}

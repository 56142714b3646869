# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels. Source it after source.sh.

kernel_make()
{
	local obj=$1; shift
	KBUILD_BUILD_USER=smccc KBUILD_BUILD_HOST=build KBUILD_BUILD_TIMESTAMP=@0 \
		make -C "$linux" "O=$obj" ARCH=arm64 "CROSS_COMPILE=$arm64_cross" \
		-j"$(nproc)" "$@"
}

need_compiler()
{
	need make bc bison flex libssl-dev libelf-dev rsync
	if [ "$host" = amd64 ]; then
		need gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	else
		need gcc libc6-dev
	fi
}

# configure OBJ FRAGMENT...: allnoconfig and the fragments; each line must hold
configure()
{
	local obj=$1 line; shift
	mkdir -p "$obj"
	cat "$@" > "$obj/fragments"
	kernel_make "$obj" -s "KCONFIG_ALLCONFIG=$obj/fragments" allnoconfig
	while read -r line; do
		case $line in
		*=n)	! grep -q "^${line%=n}=" "$obj/.config" ;;
		CONFIG_*) grep -qxF "$line" "$obj/.config" ;;
		esac || { echo "$line was not taken over from $*"; return 1; }
	done < "$obj/fragments"
}

# Where gcov and KCOV look, in a kernel that has them: what the series touches
build_image()
{
	local file instrumented=()
	configure "$1" "${@:2}"
	for file in $(git_linux diff --name-only --diff-filter=d base HEAD -- 'arch/arm64/kvm/*.c'); do
		file=$(basename "$file" .c)
		instrumented+=("GCOV_PROFILE_$file.o=y" "KCOV_INSTRUMENT_$file.o=y")
	done
	kernel_make "$1" "${instrumented[@]}" Image
}

# keep_image OBJ: what a build leaves, under the name in $image
keep_image()
{
	mkdir -p "${image%/*}.tmp" &&
		cp "$1/arch/arm64/boot/Image" "$1/.config" "$1/System.map" "${image%/*}.tmp" &&
		find "$1/arch/arm64/kvm" -name '*.gcno' -exec cp -t "${image%/*}.tmp" {} + &&
		mv "${image%/*}.tmp" "${image%/*}" || die "cannot keep the kernel in ${image%/*}"
}

# kernel COMMIT NAME: set $image to the kernel of COMMIT with configs/NAME.config;
# others than host and bench are the host kernel and more. That is host.config with
# what the release needs: 6.1.config, 6.12.config.
kernel()
{
	local commit=$1 name=$2 key obj lines=1750
	local fragments=("$top/configs/host.config" "$top/configs/${series_dir##*/}.config")
	case $name in
	host)	;;
	bench)	fragments=("$top/configs/bench.config"); lines=1500 ;;
	*)	fragments+=("$top/configs/$name.config"); lines=2000 ;;
	esac
	need_compiler
	key=$( (kernel_hash "$commit"; "${arm64_cross}gcc" -dumpfullversion; cat "${fragments[@]}") | hash_of)
	image=$build/kernels/$key/Image
	[ ! -e "$image" ] || return 0

	need_space 3
	obj=$build/obj/$name-$version
	checkout "$commit"
	step -n $lines -l "$logs/kernel-$name.log" "building the $name kernel of $(git_linux log -1 --format=%f "$commit" | cut -c 1-60)" \
		build_image "$obj" "${fragments[@]}"
	keep_image "$obj"
}

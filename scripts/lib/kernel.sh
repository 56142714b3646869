# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels. Source it after source.sh.

# Through ccache, since one switch of the tree between two commits makes nearly all
# objects old, by a header. It looks at the files that the last compilation named,
# and preprocesses nothing, so that a first build is no slower.
kernel_make()
{
	local obj=$1; shift
	CCACHE_DIR=$build/ccache CCACHE_DEPEND=1 \
	KBUILD_BUILD_USER=smccc KBUILD_BUILD_HOST=build KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_VERSION=1 \
		make -C "$linux" "O=$obj" ARCH=arm64 "CROSS_COMPILE=$arm64_cross" \
		"CC=ccache ${arm64_cross}gcc" PAHOLE=none -j"$(nproc)" "$@"
}

need_compiler()
{
	need make bc bison flex libssl-dev libelf-dev rsync ccache
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

# fragments NAME: set the array $fragments to what the kernel NAME is configured
# with: host.config, what the release needs, and NAME.config
fragments()
{
	local file
	fragments=()
	for file in host "${series_dir##*/}" "${1#host}"; do
		file=$top/configs/$file.config
		[ ! -e "$file" ] || fragments+=("$file")
	done
	[ "$1" = host ] || [ -e "$top/configs/$1.config" ] || die "there is no configs/$1.config"
}

# kernel_key COMMIT NAME: what a kernel is made from, as a hash
kernel_key()
{
	fragments "$2"
	(kernel_hash "$1"; "${arm64_cross}gcc" -dumpfullversion; cat "${fragments[@]}") | hash_of
}

# kernel COMMIT NAME: set $image to the kernel of COMMIT with configs/NAME.config
# laid over host.config. The same inputs make the same bytes, wherever that is.
kernel()
{
	local commit=$1 name=$2 obj lines=1200
	used "$(thing kernel "$commit" "$name")"
	need_compiler
	image=$build/kernels/$(kernel_key "$commit" "$name")/Image
	[ ! -e "$image" ] || return 0

	need_space 3
	fragments "$name"
	obj=$build/obj/$name-$version
	put_at "$commit"
	step -n $lines -l "$logs/kernel-$name.log" "building the $name kernel of $(git_linux log -1 --format=%f "$commit" | cut -c 1-60)" \
		build_image "$obj" "${fragments[@]}"
	keep_image "$obj"
}

# headers_of COMMIT ARCH: set $headers to the directory of its uapi headers
headers_of()
{
	local commit=$1 arch=$2
	used "$(thing headers "$commit")"
	need_compiler
	headers=$build/headers/$arch-$(headers_hash "$commit" "$arch")
	[ ! -e "$headers" ] || return 0
	put_at "$commit"
	rm -rf "$headers.tmp"
	step -l "$logs/headers.log" "installing the uapi headers of $arch" install_headers "$arch" "$headers.tmp"
	mv "$headers.tmp" "$headers"
}

install_headers()
{
	make -C "$linux" "O=$build/obj/headers-$1-$version" "ARCH=$1" "-j$(nproc)" -s headers_install "INSTALL_HDR_PATH=$2"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The base tree from the Debian archive, and the series on top of it. Source
# it after common.sh; use_source sets $version and $linux.

# pick_series DIR: what all below is about
pick_series()
{
	series_dir=$1
	[ -e "$series_dir/base" ] || die "LINUX=${1##*/} is unknown; it can be one of:" $(cd "$top/patches" && echo *)
	package=$(base_lines | sed -n 1p)
	base_version=$(base_lines | sed -n 2p)
	tree=$build/tree
	[ "${1##*/}" = 6.1 ] || tree+=-${1##*/}
}

base_lines() { grep -v '^#' "$series_dir/base"; }

pick_series "$top/patches/${LINUX:-6.1}"

# An apt state of its own in build/, so that the machine's stays as it is
apt_own()
{
	local arch=$1 dir=$build/apt/$1; shift
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	"$1" -o "Dir::State::lists=$dir/lists" -o "Dir::Cache::archives=$dir/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" \
		-o APT::Sandbox::User= -o Acquire::Retries=2 "${@:2}"
}

apt_update()
{
	mkdir -p "$logs"
	# apt-get update succeeds as long as it has something to go on with
	apt_own "$1" apt-get -q update > "$logs/apt-update-$1.log" 2>&1 < /dev/null || true
	! grep -q '^\(E\|Err\)' "$logs/apt-update-$1.log" ||
		die "cannot read the Debian archive: $(apt_reason "$logs/apt-update-$1.log"); check the network and run it again"
}

archive_versions() { apt_own "$host" apt-cache madison "$1" | awk -F' *[|] *' '!seen[$2]++ { print $2 }'; }

# fetch_deb ARCH PACKAGE[=VERSION] FILE: download a package to FILE
fetch_deb()
{
	local tmp=$build/cache/download
	rm -rf "$tmp"; mkdir -p "$tmp" "$logs"
	(cd "$tmp" && apt_own "$1" apt-get -q download "$2") > "$logs/download.log" 2>&1 ||
		die "cannot download $2: $(apt_reason "$logs/download.log"); check the network and run it again"
	mv "$tmp"/*.deb "$3"
	rm -rf "$tmp"
}

# unpack_deb ARCH PACKAGE: set $unpacked to a directory with its files, once
unpack_deb()
{
	unpacked=$build/cache/$2-$1
	[ ! -e "$unpacked" ] || return 0
	mkdir -p "$build/cache"
	apt_update "$1"
	fetch_deb "$1" "$2" "$unpacked.deb"
	rm -rf "$unpacked.tmp"
	dpkg-deb -x "$unpacked.deb" "$unpacked.tmp"
	mv "$unpacked.tmp" "$unpacked"
	rm "$unpacked.deb"
}

# fetch_source PACKAGE VERSION: download a kernel source package, once
fetch_source()
{
	source_deb=$build/cache/$1_$2.deb
	[ ! -e "$source_deb" ] || return 0
	need_space 1
	say "  downloading $1 $2"
	fetch_deb "$host" "$1=$2" "$source_deb"
}

# unpack_source DEB DIR [PATH...]: the kernel tree in it, or these parts of it
unpack_source()
{
	local deb=$1 dir=$2; shift 2
	rm -rf "$dir.tmp"; mkdir -p "$dir.tmp"
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$dir.tmp" --strip-components=1 --wildcards "${@/#/*/}" ||
		{ echo "remove $deb and run it again, or free some space"; return 1; }
	rm -rf "$dir"
	mv "$dir.tmp" "$dir"
}

pick_version()
{
	version=${KERNEL:-$base_version}
	linux=$build/linux-$version
	[ ! -e "$linux/.git/smccc-base" ] || return 0

	local versions
	[ -e "$build/cache/${package}_$version.deb" ] && return 0
	apt_update "$host"
	versions=$(archive_versions "$package")
	[ -n "$versions" ] ||
		die "the archive of this machine has no $package; use Debian 12"
	if ! grep -qxF "$version" <<< "$versions"; then
		[ -z "${KERNEL:-}" ] ||
			die "no $package $KERNEL in the archive; KERNEL= can be one of:" $versions
		version=$(head -n 1 <<< "$versions")
		say "note: the archive no longer has $package $base_version; going on with $version"
		linux=$build/linux-$version
	fi
}

# git as the series needs it, whatever the user's own settings are
git_linux()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -C "$linux" -c gc.auto=0 \
		-c core.hooksPath=/dev/null -c advice.detachedHead=false "$@"
}

git_identity()
{
	GIT_COMMITTER_NAME=$(git -C "$top" config user.name || echo builder)
	GIT_COMMITTER_EMAIL=$(git -C "$top" config user.email || echo builder@localhost)
	export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
}

# The base as the one commit "base" of a git repository
make_base()
{
	need_space 8
	fetch_source "$package" "$version"
	step "unpacking $package $version" unpack_source "$source_deb" "$linux"
	step "recording $package $version in git" commit_base
}

commit_base()
{
	git -C "$linux" init -q -b pristine
	git_linux config gc.auto 0
	git_linux config advice.addIgnoredFile false
	git_linux add -A -f
	git_identity
	GIT_AUTHOR_NAME=$GIT_COMMITTER_NAME GIT_AUTHOR_EMAIL=$GIT_COMMITTER_EMAIL \
		git_linux commit -q -m "$package $version"
	git_linux tag base
	touch "$linux/.git/smccc-base"
}

# The patches in order; SERIES=core leaves the extensions out
series()
{
	local end
	case ${SERIES:-all} in
	all)	end='$' ;;
	core)	end='/^# *extensions/' ;;
	*)	die "SERIES=$SERIES is unknown; it can be core or all" ;;
	esac
	sed "1,$end!d" "$series_dir/series" | grep -v -e '^#' -e '^$' ||
		die "$series_dir/series names no patch"
}

# The commit that has the series applied; applies it if need be
apply_series()
{
	local patches key paths=() patch
	patches=$(series)
	for patch in $patches; do
		[ -e "$series_dir/$patch" ] || die "${series_dir#"$top"/}/series names $patch, which is not there"
		paths+=("$series_dir/$patch")
	done
	key=series/$(cat "${paths[@]}" | hash_of)
	if ! git_linux rev-parse -q --verify "$key^{commit}" > /dev/null; then
		say "  applying $(wc -l <<< "$patches") patches to $package $version"
		git_identity
		git_linux am --abort 2>/dev/null || true
		rm -f "$linux/.git/index.lock"
		git_linux checkout -q --force --detach base
		git_linux am -q --committer-date-is-author-date --keep-cr "${paths[@]}" \
			> "$logs/apply.log" 2>&1 || apply_failed
		git_linux tag "$key"
	fi
	series_commit=$key
}

apply_failed()
{
	local nr name
	nr=$(cat "$linux/.git/rebase-apply/next" 2>/dev/null || echo 1)
	name=$(series | sed -n "${nr}p")
	git_linux am --abort 2>/dev/null || true
	die "$name does not apply to $package $version (see ${logs#"$PWD"/}/apply.log); edit the series with make tree, or build its base with KERNEL=$base_version"
}

# use_source: everything above; then $linux has the base and $series_commit
use_source()
{
	series > /dev/null
	need git xz-utils patch
	lock
	mkdir -p "$logs"
	pick_version
	[ -e "$linux/.git/smccc-base" ] || make_base
	apply_series
}

# put_at COMMIT: put the tree that is built at COMMIT
put_at()
{
	rm -f "$linux/.git/index.lock"
	git_linux checkout -q --force --detach "$1"
}

# checkout COMMIT: the same for a test that reads the tree itself
checkout()
{
	used "$(thing tree "$1")"
	put_at "$1"
}

# thing WORD COMMIT: what a test that uses it has in its heading: tree:base,
# tree:series, or each-patch; 6.12/tree:base where $LINUX is another
thing()
{
	local other=
	[ "$series_dir" = "$top/patches/${LINUX:-6.1}" ] || other=${series_dir##*/}/
	case $2 in
	base)		echo "$other$1:base" ;;
	"$series_commit") echo "$other$1:series" ;;
	*)		echo "${other}each-patch" ;;
	esac
}

# patch_commit N: the commit of the Nth patch, 0 for the base
patch_commit() { echo "$series_commit~$(($(series | wc -l) - $1))"; }

# kernel_hash COMMIT: what a kernel is built from
kernel_hash() { git_linux ls-tree "$1" | grep -v -e '	tools$' -e '	Documentation$' | hash_of; }

# headers_hash COMMIT ARCH: what its uapi headers are installed from
headers_hash()
{
	local arch=${2/%x86_64/x86}
	git_linux rev-parse "$1:include/uapi" "$1:arch/$arch/include/uapi" "$1:scripts" | hash_of
}

# selftests_hash COMMIT: what its selftests are built from
selftests_hash()
{
	(headers_hash "$1" arm64; git_linux rev-parse "$1:tools") | hash_of
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The base tree, from the Debian archive or the user's own, and the series on top
# of it. Source it after common.sh; use_source sets $version and $linux.

. "$top/scripts/lib/archive.sh"

# pick_series DIR: what all below is about
pick_series()
{
	series_dir=$1
	[ -e "$series_dir/base" ] || die "LINUX=${1##*/} is unknown; it can be one of:" $(cd "$top/patches" && echo *)
	package=$(base_lines | sed -n 1p)
	base_version=$(base_lines | sed -n 2p)
	suite=$(base_lines | sed -n 3p)
	tree=$build/tree
	[ "${1##*/}" = 6.1 ] || tree+=-${1##*/}
}

base_lines() { grep -v '^#' "$series_dir/base"; }

pick_series "$top/patches/${LINUX:-6.1}"

# pick_version: set $version and $linux, where the base is or is going to be
pick_version()
{
	if [ -n "${SOURCE:-}" ]; then
		pick_own_source
		return
	fi
	version=${KERNEL:-$base_version}
	linux=$build/linux-$version
	[ ! -e "$linux/.git/smccc-base" ] || return 0

	local versions
	[ -e "$build/cache/${package}_$version.deb" ] && return 0
	apt_update "$host" "$suite"
	versions=$(archive_versions "$package" "$suite")
	[ -n "$versions" ] || die "the Debian archive no longer has $package${suite:+ in $suite}; give a tree of Linux ${version%%-*} yourself, with SOURCE=TARBALL or SOURCE=DIRECTORY"
	if ! grep -qxF "$version" <<< "$versions"; then
		[ -z "${KERNEL:-}" ] ||
			die "no $package $KERNEL in the archive; KERNEL= can be one of:" $versions
		version=$(head -n 1 <<< "$versions")
		say "note: the archive no longer has $package $base_version; going on with $version"
		linux=$build/linux-$version
	fi
}

# The user's own kernel: a tarball, the commit of a git tree, or an unpacked tree.
# Its name has a hash of what it is, so that a tree that has changed is another.
pick_own_source()
{
	local id makefile
	[ -z "${KERNEL:-}" ] || die "KERNEL= is a version of the Debian package, SOURCE= a kernel in its place; give one of them"
	[ -e "$SOURCE" ] || die "SOURCE=$SOURCE is not there; it can be a kernel tarball, a git tree or an unpacked tree"
	if [ ! -d "$SOURCE" ]; then
		id=$(hash_of < "$SOURCE")
		makefile=$(tar -xOf "$SOURCE" --wildcards --no-wildcards-match-slash '*/Makefile' 2> /dev/null) || true
	elif [ -e "$SOURCE/.git" ]; then
		id=$(git -C "$SOURCE" rev-parse -q --verify 'HEAD^{tree}') || true
		makefile=$(git -C "$SOURCE" show HEAD:Makefile 2> /dev/null) || true
	else
		id=$(cd "$SOURCE" && find . -type f -printf '%p %s %T@\n' | LC_ALL=C sort | hash_of)
		makefile=$(cat "$SOURCE/Makefile" 2> /dev/null) || true
	fi
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' <<< "$makefile" | paste -sd.)
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "SOURCE=$SOURCE is no kernel; it can be a kernel tarball, a git tree or an unpacked tree"
	package=linux
	base_version=$version
	version+=-${id:0:12}
	linux=$build/linux-$version
}

# unpack_own_source DIR: what SOURCE= names
unpack_own_source()
{
	rm -rf "$1.tmp"; mkdir -p "$1.tmp"
	if [ ! -d "$SOURCE" ]; then
		tar -xf "$SOURCE" -C "$1.tmp" --strip-components=1
	elif [ -e "$SOURCE/.git" ]; then
		git -C "$SOURCE" archive HEAD | tar -x -C "$1.tmp"
	else
		(cd "$SOURCE" && tar -c --exclude='*.o' .) | tar -x -C "$1.tmp"
	fi
	rm -rf "$1"
	mv "$1.tmp" "$1"
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
	if [ -n "${SOURCE:-}" ]; then
		step "unpacking $SOURCE" unpack_own_source "$linux"
	else
		fetch_source "$package" "$version" "$suite"
		step "unpacking $package $version" unpack_source "$source_deb" "$linux"
	fi
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
	local nr name file
	nr=$(cat "$linux/.git/rebase-apply/next" 2>/dev/null || echo 1)
	name=$(series | sed -n "${nr}p")
	file=$(sed -n -e 's/^error: patch failed: \([^:]*\):.*/\1/p' -e 's/^error: \([^:]*\): does not exist.*/\1/p' "$logs/apply.log" | head -n 1)
	git_linux am --abort 2>/dev/null || true
	die "$name does not apply to $package $version${file:+, in $file} (see ${logs#"$PWD"/}/apply.log); edit the series with make tree, or take its base, $(base_lines | sed -n 2p)"
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

# thing WORD COMMIT [NAME]: what a test that uses it has in its heading: tree:base,
# kernel:series:NAME, or each-patch; 6.12/tree:base where $LINUX is another
thing()
{
	local other=
	[ "$series_dir" = "$top/patches/${LINUX:-6.1}" ] || other=${series_dir##*/}/
	case $2 in
	base)		echo "$other$1:base${3:+:$3}" ;;
	"$series_commit") echo "$other$1:series${3:+:$3}" ;;
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

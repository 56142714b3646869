# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Packages from the Debian archive, without the machine's own package state.
# Source it after common.sh.

# apt_own ARCH[/SUITE] COMMAND...: apt with a state of its own in build/, so that
# the machine's stays as it is; of SUITE in place of the machine's sources
apt_own()
{
	local arch=${1%%/*} suite='' dir=$build/apt/${1/\//-} options=()
	[[ $1 != */* ]] || suite=${1#*/}
	shift
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	if [ -n "$suite" ]; then
		[ -e "$dir/sources.list" ] || debian_suite "$suite" > "$dir/sources.list"
		options=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-)
	fi
	"$1" -o "Dir::State::lists=$dir/lists" -o "Dir::Cache::archives=$dir/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "${options[@]}" \
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" \
		-o APT::Sandbox::User= -o Acquire::Retries=2 "${@:2}"
}

# debian_suite SUITE: its line of sources.list, by the mirror that the machine
# takes its own release from
debian_suite()
{
	local mirror
	# shellcheck disable=SC2016 # apt's variables
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Component: main' \
		"Release: $(. /etc/os-release && echo "$VERSION_CODENAME")" | sed -n 1p)
	[ -n "$mirror" ] || die "the machine's apt sources name no mirror of its own Debian release, to take $1 from; add one"
	echo "deb $mirror $1 main"
}

# apt_update ARCH [SUITE]
apt_update()
{
	local log=$logs/apt-update-$1${2:+-$2}.log
	mkdir -p "$logs"
	# apt-get update succeeds as long as it has something to go on with
	apt_own "$1${2:+/$2}" apt-get -q update > "$log" 2>&1 < /dev/null || true
	! grep -q '^\(E\|Err\)' "$log" ||
		die "cannot read the Debian archive: $(apt_reason "$log"); check the network and run it again"
}

# archive_versions PACKAGE [SUITE]: the newest first
archive_versions() { apt_own "$host${2:+/$2}" apt-cache madison "$1" | awk -F' *[|] *' '!seen[$2]++ { print $2 }'; }

# fetch_deb ARCH[/SUITE] PACKAGE[=VERSION] FILE: download a package to FILE
fetch_deb()
{
	local tmp=$build/cache/download
	rm -rf "$tmp"; mkdir -p "$tmp" "$logs"
	(cd "$tmp" && apt_own "$1" apt-get -q download "$2") > "$logs/download.log" 2>&1 ||
		die "cannot download $2: $(apt_reason "$logs/download.log"); check the network and run it again"
	mv "$tmp"/*.deb "$3"
	rm -rf "$tmp"
}

# unpack_deb ARCH[/SUITE] PACKAGE: set $unpacked to a directory with its files, once
unpack_deb()
{
	unpacked=$build/cache/$2-${1/\//-}
	[ ! -e "$unpacked" ] || return 0
	mkdir -p "$build/cache"
	# shellcheck disable=SC2086 # architecture and suite
	apt_update ${1/\// }
	fetch_deb "$1" "$2" "$unpacked.deb"
	rm -rf "$unpacked.tmp"
	dpkg-deb -x "$unpacked.deb" "$unpacked.tmp"
	mv "$unpacked.tmp" "$unpacked"
	rm "$unpacked.deb"
}

# fetch_source PACKAGE VERSION [SUITE]: download a kernel source package, once
fetch_source()
{
	source_deb=$build/cache/$1_$2.deb
	[ ! -e "$source_deb" ] || return 0
	need_space 1
	say "  downloading $1 $2"
	fetch_deb "$host${3:+/$3}" "$1=$2" "$source_deb"
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

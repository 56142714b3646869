# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared by every script: where things are, how to speak, fail and wait, and
# what must be installed. Source it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build}
logs=$build/logs
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

case $(uname -m) in
aarch64 | arm64)	host=arm64 arm64_cross='' x86_cross=x86_64-linux-gnu- ;;
x86_64)			host=amd64 arm64_cross=aarch64-linux-gnu- x86_cross='' ;;
*)			die "no support for $(uname -m) machines; use x86-64 or arm64" ;;
esac

# finished TARGET: a target that has ended well leaves its time for the report
nested=${SMCCC_LOCKED:-}
finished() { [ -n "$nested" ] || printf 'make %s\t%d\n' "$1" "$SECONDS" >> "$build/times"; }

# used THING: a test says in its heading what it uses, since its result is kept
# under that (see results.sh); tests/lib/tap.sh puts the real function here
used() { :; }

# step [-n LINES] [-l LOG] TEXT COMMAND...: run COMMAND with its output in LOG,
# and show that it is alive, with a percentage if it prints about LINES lines.
step()
{
	local OPTIND=1 opt lines=0 log='' text pid start=$SECONDS shown=0 now
	while getopts n:l: opt; do
		case $opt in
		n) lines=$OPTARG ;;
		l) log=$OPTARG ;;
		*) die "step: unknown option" ;;
		esac
	done
	shift $((OPTIND - 1))
	text=$1; shift
	mkdir -p "$logs"
	log=${log:-$logs/$(tr -cs 'a-zA-Z0-9.\n' - <<< "$text").log}
	[ -z "${V:-}" ] || say "+ $*"
	"$@" > "$log" 2>&1 9>&- < /dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		now=$((SECONDS - start))
		if ((now >= shown + 15)); then
			shown=$now
			say "  ... $text: ${now} s$(percent "$log" "$lines")"
		fi
	done
	if ! wait "$pid"; then
		tail -n 15 "$log" >&2
		die "failed: $text; the whole log is ${log#"$PWD"/}"
	fi
	say "  done in $((SECONDS - start)) s: $text"
}

percent()
{
	local p
	(($2)) || return 0
	p=$((100 * $(wc -l < "$1") / $2))
	printf ', %d %%' $((p > 99 ? 99 : p))
}

# in_parallel FUNCTION ARGUMENT...: FUNCTION of each ARGUMENT, two at a time;
# fails if one does
in_parallel()
{
	local function=$1 argument running=0 bad=0; shift
	for argument; do
		if [ $running = 2 ]; then
			wait -n || bad=1
			running=1
		fi
		"$function" "$argument" 9>&- < /dev/null &
		running=$((running + 1))
	done
	while [ $running -gt 0 ]; do
		wait -n || bad=1
		running=$((running - 1))
	done
	return $bad
}

# need PACKAGE...: install the Debian packages that are missing, if we may
need()
{
	local package missing=()
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			missing+=("$package")
	done
	((${#missing[@]})) || return 0

	local sudo=() line="apt-get install -y --no-install-recommends ${missing[*]}"
	if [ "$(id -u)" != 0 ]; then
		sudo -n true 2>/dev/null || die "packages are missing; type: sudo $line"
		sudo=(sudo -n)
	fi
	say "  installing ${missing[*]}"
	mkdir -p "$logs"
	# shellcheck disable=SC2086 # the line is meant to be split
	DEBIAN_FRONTEND=noninteractive "${sudo[@]}" $line > "$logs/apt.log" 2>&1 < /dev/null ||
		{ "${sudo[@]}" apt-get update &&
		  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" $line; } > "$logs/apt.log" 2>&1 < /dev/null ||
		die "cannot install ${missing[*]}: $(apt_reason "$logs/apt.log"); check the network, then type: $line"
}

apt_reason() { grep -E '^(E|W|Err)' "$1" | head -n 1 | cut -c 1-200; }

# need_space GIB: the first thing that a full disk breaks is a tar or a linker
need_space()
{
	local free
	mkdir -p "$build" || die "cannot create $build; set BUILD= to a directory of yours"
	free=$(($(df --output=avail -k "$build" | tail -n 1) / 1024 / 1024))
	((free >= $1)) ||
		die "$build needs $1 GiB and has $free; free some, or set BUILD= to a directory elsewhere"
}

# One at a time: the trees in build/ are shared
lock()
{
	[ -z "${SMCCC_LOCKED:-}" ] || return 0
	mkdir -p "$build" || die "cannot create $build; set BUILD= to a directory of yours"
	exec 9> "$build/.lock"
	flock -n 9 || die "another make is at work in $build; wait for it, or set BUILD= to another directory"
	export SMCCC_LOCKED=1
}

hash_of() { sha256sum | cut -c 1-16; }

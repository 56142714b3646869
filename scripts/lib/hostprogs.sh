# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Programs that modules are built with, for the machine that installs the headers.

# arm64_hostprogs OBJ TREE: replace in TREE/scripts each program that the build
# in OBJ made for itself, by the commands that kbuild kept, with another compiler
arm64_hostprogs()
{
	local obj=$1 tree=$2 copy=$1.arm64 entry program
	rm -rf "$copy"
	mkdir "$copy"
	for entry in "$obj"/*; do ln -s "$entry" "$copy"; done
	rm "$copy/scripts"
	cp -a "$obj/scripts" "$copy"
	(cd "$tree" && find scripts -type f -exec file {} +) | sed -n 's/: *ELF .*//p' > "$copy/programs"
	while read -r program; do
		(cd "$copy" && rebuild "$program")
		cp "$copy/$program" "$tree/$program"
	done < "$copy/programs"
	rm -rf "$copy"
}

# rebuild PROGRAM: in the current directory, with what it is linked from
rebuild()
{
	local command word
	command=$(kept_command "$1")
	for word in $command; do
		[[ $word != *.o ]] || replay "$(kept_command "$word")"
	done
	replay "$command"
}

# kept_command FILE: how kbuild made it
kept_command() { sed -n 's/^\(saved\)\?cmd_[^ ]* := //p' "$(dirname "$1")/.$(basename "$1").cmd" | head -n 1; }

replay()
{
	[[ $1 = 'gcc '* ]] || { echo "not a command of the host's compiler: $1"; return 1; }
	bash -ec "${1/#gcc /${arm64_cross}gcc }"
}

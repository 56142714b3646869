# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Between commits and patch files. Source it after source.sh.

# format_patches COMMIT DIR DESCRIPTION: base..COMMIT as patches with a cover
# letter, the same bytes for the same commits wherever and whenever it runs
format_patches()
{
	git_linux config branch.smccc-export.description "$3"
	git_linux update-ref refs/heads/smccc-export "$1"
	# The cover letter takes name and date from the committer
	GIT_COMMITTER_NAME=$(git_linux log -1 --format=%an "$1") \
	GIT_COMMITTER_EMAIL=$(git_linux log -1 --format=%ae "$1") \
	GIT_COMMITTER_DATE=$(git_linux log -1 --format=%ad "$1") \
	git_linux -c core.quotePath=true format-patch -q -o "$2" \
		--zero-commit --no-signature --full-index --no-numbered \
		--diff-algorithm=myers --no-renames --src-prefix=a/ --dst-prefix=b/ \
		--unified=3 --inter-hunk-context=0 --indent-heuristic --no-ext-diff \
		--no-textconv --stat-width=72 --cover-letter \
		--cover-from-description=subject base..smccc-export
	git_linux update-ref -d refs/heads/smccc-export
	git_linux config --remove-section branch.smccc-export
}

# The branch description that made the cover letter: its subject and its text
# up to git's own list of the patches
cover_description()
{
	awk '
	/^Subject: /	{ sub(/^Subject: \[PATCH\] /, ""); subject = $0; folded = 1; next }
	folded && /^ /	{ subject = subject $0; next }
	folded && /^$/	{ folded = 0; body = 1; next }
	folded		{ folded = 0 }
	/^$/ && subject && !body { body = 1; next }
	body && /^.+ \([0-9]+\):$/ { end = n }
	body		{ line[++n] = $0 }
	END {
		print subject; print ""
		while (end && line[end] == "") end--
		for (i = 1; i <= end; i++) print line[i]
	}' "$series_dir/0000-cover-letter.patch"
}

slug() { sed 's/^[0-9]*-//'; }

# The series file for the patches in DIR: the headings and what is before them
# stay, and so does the part of a patch; a new patch joins that of the one before
write_series()
{
	local line part=0 patch
	local -A part_of
	local -a headings parts
	while read -r line; do
		case $line in
		'# fixes'*|'# core'*|'# extensions'*) headings[++part]=$line ;;
		*.patch)	part_of[$(slug <<< "$line")]=$part ;;
		esac
	done < "$series_dir/series"

	part=1
	for patch in "$1"/*.patch; do
		patch=${patch##*/}
		[[ $patch != 0000-* ]] || continue
		line=${part_of[$(slug <<< "$patch")]:-0}
		((line <= part)) || part=$line
		parts[part]+=$patch$'\n'
	done

	sed '/^# \(fixes\|core\|extensions\)/,$d' "$series_dir/series"
	for part in "${!headings[@]}"; do
		((part == 1)) || echo
		printf '%s\n%s' "${headings[part]}" "${parts[part]:-}"
	done
}

# apply_to DIR: with patch, as quilt and dpkg-source do it, and not a line of fuzz
apply_to()
{
	local patch
	for patch in $(series); do
		patch -d "$1" -p1 -s -f --fuzz=0 --no-backup-if-mismatch < "$series_dir/$patch" ||
			{ echo "$patch does not apply"; return 1; }
	done
	! find "$1" -name '*.rej' | grep .
}

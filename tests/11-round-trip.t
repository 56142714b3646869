#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Applying the series and exporting it again changes nothing, and the files are
# what the rules of the series say.
# Uses: patches base deb:git
. "$(dirname "$0")/lib/tap.sh"

unset SERIES
# Another version has other files, whose hashes are in the patches
unset KERNEL SOURCE
use_source

mkdir "$scratch/export"
format_patches "$series_commit" "$scratch/export" "$(cover_description)"
write_series "$scratch/export" > "$scratch/export/series"
cp "$series_dir/base" "$scratch/export"
check "${series_dir#"$top"/} is what its commits export to" diff -r "$series_dir" "$scratch/export"

# The same with a user whose git does everything differently
cat > "$scratch/gitconfig" <<'EOC'
[diff]
	noprefix = true
	mnemonicPrefix = true
	context = 9
	algorithm = patience
[format]
	signature = "a signature"
	numbered = true
	thread = shallow
	headers = "X-Extra: yes"
[core]
	autocrlf = true
	abbrev = 7
[user]
	name = Somebody Else
	email = else@example.org
EOC
mkdir "$scratch/again"
HOME=$scratch XDG_CONFIG_HOME=$scratch GIT_CONFIG_GLOBAL=$scratch/gitconfig TZ=Asia/Tokyo \
	format_patches "$series_commit" "$scratch/again" "$(cover_description)"
rm "$scratch"/*/series "$scratch/export/base"
check "whatever the user's git is set to" diff -r "$scratch/export" "$scratch/again"

rules()
{
	local patch bad=0
	for patch in $(series); do
		grep -q '^Subject: \[PATCH\] \(KVM: \(arm64\|x86\|selftests\)\|maple_tree\): [A-Z]' "$series_dir/$patch" || { echo "$patch: subject"; bad=1; }
		grep -q '^Signed-off-by: ' "$series_dir/$patch" || { echo "$patch: no Signed-off-by"; bad=1; }
		grep -qE '^Upstream-equivalent: ([0-9a-f]{12} \((v6\.[0-9]+|later)\)|none, .+)$' "$series_dir/$patch" || { echo "$patch: no Upstream-equivalent"; bad=1; }
	done
	return $bad
}
series_file()
{
	diff <(SERIES=all series | sort) \
		<(find "$series_dir" -name '*.patch' ! -name '0000-*' -printf '%f\n' | sort)
}
check 'the series names every patch, and no other' series_file

core_is_said()
{
	! grep -q '^# core: nothing' "$series_dir/series" ||
		! sed '1,/^# core/d;/^# extensions/,$d' "$series_dir/series" | grep .
}
check 'a core that is said to be nothing has no patch' core_is_said

# A tool's droppings are easily committed with git add -f
strays() { ! git_linux diff --name-only base "$series_commit" | grep -vE '^(Documentation|arch|include|lib/maple_tree|tools|virt)'; }
check 'the series touches no file that has no business there' strays

check 'subjects and trailers are as the rules want them' rules

figure "$(series | wc -l) patches"
finish

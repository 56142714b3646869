#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make quilt: the series for debian/patches of Debian's source package.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"

out=$build/quilt
dir=features/arm64/smccc-filter

# dep3 PATCH: with the fields of DEP-3 in its header, from its own trailer
dep3()
{
	local upstream day
	upstream=$(sed -n 's/^Upstream-equivalent: //p' "$1")
	day=$(date -u -d "$(sed -n '1,/^$/s/^Date: //p' "$1")" +%F)
	awk -v upstream="$upstream" -v day="$day" '
	!header && /^From [0-9a-f]+ / { next }
	!header && /^Subject: / { sub(/\[PATCH\] /, "") }
	!header && /^$/ {
		header = 1
		split(upstream, word, /[ ()]+/)
		print "Origin: other"
		print "Forwarded: " (word[1] == "none," ? "no" : "not-needed")
		if (word[1] != "none,")
			print "Applied-Upstream: " (word[2] == "later" ? "" : word[2] ", ") "commit:" word[1]
		print "Last-Update: " day
	}
	{ print }' "$1"
}

rm -rf "$out"
mkdir -p "$out/$dir"
for patch in $(series); do
	dep3 "$series_dir/$patch" > "$out/$dir/$patch"
	echo "$dir/$patch"
done > "$out/series"
say "$out has $(wc -l < "$out/series") patches; in an unpacked Debian source of linux ${series_dir##*/}, type:"
say "  cp -r $out/features debian/patches/ && cat $out/series >> debian/patches/series"
finished quilt

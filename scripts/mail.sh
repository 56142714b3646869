#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make mail: the series as the mails of an RFC, by b4. FROM='Name <address>' is the
# sender, who becomes author and signs off.
. "$(dirname "$0")/lib/common.sh"
. "$top/scripts/lib/source.sh"
. "$top/scripts/lib/patches.sh"

out=$build/mail
send=$build/send
from=${FROM:-$(git config user.name || true) <$(git config user.email || true)>}
[[ $from =~ ^([^\<\>]+)\ \<([^@\ ]+@[^@\ ]+)\>$ ]] || die "FROM=$from is no sender; it is like FROM='Your Name <you@example.org>'"
name=${BASH_REMATCH[1]} address=${BASH_REMATCH[2]}
project=$(sed -n 's/^Signed-off-by: .*<\(.*\)>$/\1/p' "$series_dir/$(series | sed -n 1p)")
[ "$address" != "$project" ] || die "the sender has to be a person; type FROM='Your Name <you@example.org>' make mail"
need b4 perl
use_source

in_send() { GIT_CONFIG_GLOBAL=/dev/null FILTER_BRANCH_SQUELCH_WARNING=1 git -C "$send" -c gc.auto=0 "$@"; }

# The sender's commits in a clone, where b4 may keep its notes. What mainline has
# of a patch is of no use there; what changed since the last posting is.
take_over()
{
	rm -rf "$send"
	git clone -q --shared --no-checkout "$linux" "$send"
	in_send config user.name "$name"
	in_send config user.email "$address"
	in_send checkout -q -B series "$(git_linux rev-parse "$series_commit")"
	in_send branch -q -f master "$(git_linux rev-parse base)"
	# shellcheck disable=SC2016 # for git's shell
	NAME=$name ADDRESS=$address in_send filter-branch -f --env-filter '
		export GIT_AUTHOR_NAME=$NAME GIT_AUTHOR_EMAIL=$ADDRESS
		export GIT_COMMITTER_NAME=$NAME GIT_COMMITTER_EMAIL=$ADDRESS' \
		--msg-filter "sed -e '/^Upstream-equivalent: /d' -e 's/^Signed-off-by: .* <$project>\$/Signed-off-by: $name <$address>/'
			printf -- '---\nRFC v1: first posting\n'" master..series
}

# b4 in the clone, with no configuration but this
b4_in_send() { (cd "$send" && GIT_CONFIG_GLOBAL=/dev/null b4 "$@"); }

prepare()
{
	local maintainers='scripts/get_maintainer.pl --nogit --nogit-fallback --norolestats'
	in_send config b4.prep-cover-strategy branch-description
	in_send config b4.send-prefixes RFC
	in_send config b4.send-auto-to-cmd "$maintainers --nol"
	in_send config b4.send-auto-cc-cmd "$maintainers --nom --nor"
	# b4 wants to know a server, though it only writes files
	in_send config sendemail.smtpServer localhost
	b4_in_send prep --enroll master
	in_send config branch.series.description "$(cover_description)"
	b4_in_send prep --auto-to-cc
	rm -rf "$out"
	b4_in_send send --no-sign -o "$out"
	# It has its own order of words, and no number for a first version
	sed -i '1,/^$/s/^Subject: \[PATCH RFC /Subject: [RFC PATCH v1 /' "$out"/*.eml
}

step 'making the commits yours' take_over
step 'making the mails' prepare
grep -qF "From: $name <$address>" "$out"/0000-*.eml || die "the mails in $out are not from $name <$address>"
! grep -lF "$project" "$out"/*.eml || die "the mails in $out name the project as their author"
say "$out has $(find "$out" -name '*.eml' | wc -l) mails; read them, then send them: git send-email --confirm=always --suppress-cc=all $out/*.eml"
finished mail

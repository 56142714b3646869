# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the result of a test depends on. Source it after the other libraries.
#
# A test says what it uses on the lines "# Uses:" of its heading, or "# Uses on 6.1:"
# for what it uses with that series alone:
#
#   base                    name and version of the source package
#   patches                 the text of the series: messages, cover letter, order
#   each-patch              kernel and selftests as they are after each patch
#   tree:WHICH              all files of the kernel tree
#   code:WHICH              the same without tools/ and Documentation/
#   documentation:WHICH     Documentation/, and the comments in the code
#   kernel:WHICH:NAME       the image, with configs/NAME.config
#   headers:WHICH           the uapi headers
#   selftests:WHICH         the programs, and headers:WHICH
#   vmm:series              the reference VMM, and headers:series
#   guests                  what tests/guest has for the VMM to run
#   machine                 QEMU and the first process of the machine
#   deb:PACKAGE             the version of an installed package
#   archive                 what Debian's archive has today
#   repository              every file of this repository but patches/ and the reports
#
# WHICH is "base" or "series"; 6.12/THING is of another directory in patches/. The
# test's own text, the scripts that it uses and every file or directory of this
# repository that its text names as $top/PATH are among its inputs by themselves.
# tests/lib/tap.sh refuses to let a test use what its heading does not name.
#
# A result is kept under two keys. That of the inputs needs no build. That of the
# bytes has an image or a program in place of what it is made from, so a result
# stays when a comment in the kernel changes.

declare -A inputs products

# list_files: set $all_files, the names of all files of this repository
list_files() { all_files=$(git -C "$top" ls-files --cached --others --exclude-standard); }

# text_of TEST: the files of this repository that are its inputs by themselves
text_of()
{
	(cd "$top" && perl -e '
		chomp(my @files = <STDIN>);
		@files = grep { -f } @files;
		my %is = map { $_ => 1 } @files;
		my %input;
		my @queue = ($ARGV[0], "scripts/lib/common.sh");
		while (defined(my $file = shift @queue)) {
			next if $input{$file}++;
			my $is_library = $file =~ m{^(scripts|tests)/lib/};
			my $is_script = $file =~ /\.(t|sh)$/ && $file !~ m{^scripts/guest/};
			next unless $is_script || $is_library;
			my $text = do { local (@ARGV, $/) = $file; <> };
			while ($text =~ m{(\$top"?|\$\(dirname "\$0"\))/([\w.][\w./-]*)}g) {
				my ($from, $path) = ($1, $2);
				$path = $file =~ s{[^/]*$}{}r . $path if $from =~ /dirname/;
				$path =~ s{[/.]+$}{};
				# What a library uses, a test has to name
				next if $is_library && $path !~ m{^(scripts|tests)/lib/};
				push @queue, $is{$path} ? $path : grep { m{^\Q$path\E/} } @files;
			}
		}
		print "$_\n" for grep { !m{^(patches|docs/test-report)} } sort keys %input' "$1" <<< "$all_files")
}

# uses_of TEST: the things in its heading
uses_of() { sed -n "s/^# Uses\\( on ${series_dir##*/}\\)*: //p" "$1"; }

commit_of() { [ "$1" = base ] && echo base || echo "$series_commit"; }

# input_of THING: a line that tells what it is made from; builds nothing
input_of()
{
	local which=${1#*:} nr
	which=${which%:*}
	case $1 in
	base)		echo "$package $version" ;;
	patches)	cat "$series_dir"/* | hash_of ;;
	each-patch)	for ((nr = 1; nr <= $(series | wc -l); nr++)); do patch_hash "$(patch_commit $nr)"; done ;;
	tree:*)		git_linux rev-parse "$(commit_of "$which")^{tree}" ;;
	code:*)		kernel_hash "$(commit_of "$which")" ;;
	documentation:*) git_linux rev-parse "$(commit_of "$which"):Documentation"; kernel_hash "$(commit_of "$which")" ;;
	kernel:*)	kernel_key "$(commit_of "$which")" "${1##*:}" ;;
	headers:*)	git_linux ls-tree -r "$(commit_of "$which")" include arch scripts | grep -E '	(scripts|.*/uapi)/' | hash_of ;;
	selftests:*)	selftests_key "$(commit_of "$which")" ;;
	vmm:*)		vmm_key "$series_commit" ;;
	guests)		guests_key ;;
	machine)	(cat "$top"/scripts/guest/{init,held-vm.c}; version_of qemu-system-arm) | hash_of ;;
	deb:*)		version_of "${1#deb:}" ;;
	archive)	date +%F ;;
	repository)	(cd "$top" && grep -vE '^(patches/|docs/test-report)' <<< "$all_files" | xargs -d '\n' cat 2>/dev/null) | hash_of ;;
	*/base)		(KERNEL='' SOURCE=''; pick_series "$top/patches/${1%%/*}"; pick_version; input_of base) ;;
	*/*)		(KERNEL='' SOURCE=''; pick_series "$top/patches/${1%%/*}"; use_source; input_of "${1#*/}") ;;
	*)		die "no test can use $1; scripts/lib/results.sh lists what it can" ;;
	esac
}

patch_hash() { kernel_hash "$1"; selftests_hash "$1"; }
version_of() { dpkg-query -W -f '${Package} ${Version}\n' "$1" 2>/dev/null || echo "$1 is not installed"; }

# product_of THING: the same for the bytes that are made from it; builds them
product_of()
{
	local commit=${1#*:}
	commit=$(commit_of "${commit%:*}")
	case $1 in
	*/base)		input_of "$1" ;;
	*/*)		(KERNEL='' SOURCE=''; pick_series "$top/patches/${1%%/*}"; use_source; product_of "${1#*/}") ;;
	kernel:*)	kernel "$commit" "${1##*:}" >&2; (cd "${image%/*}" && cat Image ./*.gcno 2>/dev/null) | hash_of ;;
	selftests:*)	selftests "$commit" >&2; bytes_of "$selftests"; bytes_of "$headers" ;;
	vmm:*)		vmm >&2; bytes_of "${vmm%/*}"; bytes_of "$headers" ;;
	guests)		guests >&2; bytes_of "$guests" ;;
	*)		input_of "$1" ;;
	esac
}

bytes_of() { (cd "$1" && find . -type f ! -name '*.o' ! -name '*.cmd' | sort | xargs sha256sum) | hash_of; }

# What a run can be told, for tests that mention it
settings_of()
{
	local name text
	text=$(< "$1")
	for name in FUZZ_SECONDS KCSAN_SECONDS SEED CONFIG MUTANT; do
		[[ ! " $text " =~ [^[:alnum:]_]${name}[^[:alnum:]_] ]] || echo "$name=${!name:-}"
	done
	[[ $text != *'id -u'* ]] || echo "root=$(id -u | grep -x 0)"
}

# key_of KIND TEST TEXT: the key of its "inputs" or its "products"; TEXT is what
# text_hash says of it
key_of()
{
	local thing
	{
		echo "${series_dir##*/} ${SERIES:-all} $2"
		settings_of "$2"
		for thing in $(uses_of "$2"); do
			if [ "$1" = inputs ]; then
				echo "$thing ${inputs[$thing]}"
			else
				echo "$thing ${products[$thing]}"
			fi
		done
		echo "$3"
	} | hash_of
}

# text_hash TEST: of the files that are its inputs by themselves
text_hash() { (cd "$top" && text_of "$1" | xargs sha256sum) | hash_of; }

# know KIND TEST: fill inputs[] or products[] with what TEST uses. What cannot be
# built is like nothing that was built before; the test then tells why.
know()
{
	local thing
	for thing in $(uses_of "$2"); do
		if [ "$1" = inputs ]; then
			[ -n "${inputs[$thing]:-}" ] || inputs[$thing]=$(input_of "$thing") || inputs[$thing]=unknown-$SRANDOM
		else
			[ -n "${products[$thing]:-}" ] || products[$thing]=$(product_of "$thing") || products[$thing]=unknown-$SRANDOM
		fi
	done
}

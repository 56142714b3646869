# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The report of make check and make check-all: a row for each test, with the keys
# under which its result is kept. Source it after results.sh.

# result_row NAME CHECKS SKIPPED SECONDS DATE BYTES FIGURE: what is kept of a
# result; BYTES is one of its two keys
result_row() { printf '%s\t%d\t%d\t%d\t%s\t%s\t%s\n' "$@"; }

bytes_key_of() { cut -f 6 <<< "$1"; }

# row_text ROW: the same for a reader
row_text()
{
	local name checks skipped seconds date bytes figure
	IFS=$'\t' read -r name checks skipped seconds date bytes figure <<< "$1"
	echo "$checks checks on $date, in $((seconds / 60)):$(printf %02d $((seconds % 60)))"
}

columns='%-24s %6s %7s %6s  %-10s  %-16s  %-16s  %s\n'

begin_report()
{
	printf '%s\n' "Test report: $package $version with patches/${series_dir##*/}$([ "${SERIES:-all}" = all ] || echo ", SERIES=$SERIES")" \
		"Made on $(date +%F), on $(uname -m) with $(nproc) CPUs ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)), by gcc $("${arm64_cross}gcc" -dumpfullversion) and $(qemu-system-aarch64 --version 2>/dev/null | sed -n '1s/ version//p')" \
		"Time is minutes:seconds of the run that gave the result, builds included; the keys tell what it depends on." ''
	# shellcheck disable=SC2059 # the columns
	printf "$columns" test checks skipped time date 'key: inputs' 'key: bytes' figure
}

# report_row ROW INPUTS
report_row()
{
	local name checks skipped seconds date bytes figure
	IFS=$'\t' read -r name checks skipped seconds date bytes figure <<< "$1"
	# shellcheck disable=SC2059 # the columns
	printf "$columns" "$name" "$checks" "$skipped" "$((seconds / 60)):$(printf %02d $((seconds % 60)))" "$date" "$2" "$bytes" "$figure"
}

# end_report FILE: sums of the columns, and the times of make targets since build/
# was empty: the longest is the first one
end_report()
{
	awk 'NR > 5 && NF >= 7 {
		checks += $2; skipped += $3; tests++
		split($4, time, ":"); seconds += time[1] * 60 + time[2]
	}
	END { printf "%-24s %6d %7d %3d:%02d  %d tests passed\n", "all", checks, skipped, seconds / 60, seconds % 60, tests }' "$1" > "$1.sum"
	cat "$1.sum" >> "$1"
	rm "$1.sum"
	[ ! -e "$build/times" ] || {
		printf '\n%-24s %6s %7s\n' target first again
		awk -F'\t' '
		function time(s) { return sprintf("%d:%02d", s / 60, s % 60) }
		!($1 in most) || $2 > most[$1] { most[$1] = $2 }
		!($1 in least) || $2 < least[$1] { least[$1] = $2 }
		END { for (t in most) printf "%-24s %6s %7s\n", t, time(most[t]), time(least[t]) }' "$build/times" | sort
		echo "build/ holds $(du -sk "$build" | awk '{ printf "%.1f GiB", $1 / 1024 / 1024 }')"
	} >> "$1"
}

# summary FILE: the tests of the report, on one line
summary()
{
	awk 'NR > 5 && $2 == "failed" { failed++ }
	     NR > 5 && NF >= 7 && $1 ~ /^[0-9]/ { passed++ }
	     END { printf "tests: %d passed, %d failed\n", passed, failed }' "$1"
}

# take_over REPORT NAME inputs|products KEY: the row of that result in a report
take_over()
{
	awk -v name="$2" -v column=$([ "$3" = inputs ] && echo 6 || echo 7) -v key="$4" '
	$1 == name && $column == key {
		split($4, time, ":")
		figure = $0
		# mawk has no {7}
		for (i = 1; i <= 7; i++)
			sub(/^[^ ]+ */, "", figure)
		printf "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", $1, $2, $3, time[1] * 60 + time[2], $5, $7, figure
		found = 1
	}
	END { exit !found }' "$1"
}

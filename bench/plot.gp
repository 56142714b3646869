# SPDX-License-Identifier: GPL-2.0
# cost.svg, from cost.tsv in the current directory.
set terminal svg size 1200,440 font "sans-serif,12" background "white"
set output "cost.svg"
set datafile separator "\t"
set datafile missing "-"
set datafile commentschars ""
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set grid ytics lc "#dddddd"
set border 3
set tics nomirror out
set linetype 1 lc rgb "#9e9e9e"
set linetype 2 lc rgb "#1565c0"
set linetype 3 lc rgb "#ffb74d"
set linetype 4 lc rgb "#e65100"
set linetype 5 lc rgb "#a5d6a7"
set linetype 6 lc rgb "#2e7d32"

# The rows of one panel, with what stands below its bars
pick(row, text) = sprintf("< awk -F'\\t' '%s' cost.tsv", row)
set multiplot layout 1,2
set key top left horizontal reverse Left samplen 2
set rmargin 5
set yrange [0:3000]
set title "A call that KVM handles or denies: instructions"
rows = "NR > 2 && ($1 ~ /^handled, (no|same)/ || $1 ~ /^denied/) { l = $1; sub(/handled, /, \"\", l); sub(/same owner, /, \"\", l); sub(/, 1$/, \"\", l); print l FS $2 FS $3 FS $4 FS $5 FS $6 FS $7 }"
set xlabel "ranges set, of the same owner"
plot pick(rows, "") using 2:xticlabels(1) title "6.1", "" using 3 title "6.1 + series", "" using 4 title "6.12", "" using 5 title "6.12 + series", "" using 6 title "7.3", "" using 7 title "7.3 + series"
set yrange [0:13000]
set title "A call forwarded with 7 arguments and answered: instructions"
set xlabel "how registers are read and written"
rows = "$1 ~ /^forwarded, .*, 7$/ { split($1, f, \", \"); print f[2] FS $3 FS $4 FS $5 FS $6 FS $7 }"
plot pick(rows, "") using 2:xticlabels(1) linetype 2 title "6.1 + series", "" using 3 linetype 3 title "6.12", "" using 4 linetype 4 title "6.12 + series", "" using 5 linetype 5 title "7.3", "" using 6 linetype 6 title "7.3 + series"
unset multiplot

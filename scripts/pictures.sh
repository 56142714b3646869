#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make pictures: docs/*.svg from the .dot files beside them, and bench/cost.svg from
# bench/cost.tsv. OUT= puts them elsewhere.
. "$(dirname "$0")/lib/common.sh"

need graphviz gnuplot-nox
out=${OUT:-}
for dot in "$top"/docs/*.dot; do
	svg=${out:-$top/docs}/$(basename "$dot" .dot).svg
	dot -Tsvg "$dot" > "$svg"
	say "wrote ${svg#"$PWD"/}"
done
[ -z "$out" ] || cp "$top/bench/cost.tsv" "$out"
(cd "${out:-$top/bench}" && gnuplot "$top/bench/plot.gp")
say "wrote ${out:-bench}/cost.svg"

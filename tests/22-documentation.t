#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The series' documentation: sphinx and kernel-doc have nothing to say about it
# that they do not say about the base.
# Uses: documentation:series documentation:base deb:python3-sphinx
. "$(dirname "$0")/lib/tap.sh"

use_source
need make python3-sphinx python3-sphinx-rtd-theme

# warnings COMMIT DIR: what sphinx says about virt/kvm, and kernel-doc about
# each file that the series touches, without line numbers
warnings()
{
	mkdir "$2"
	checkout "$1"
	make -C "$linux" "O=$scratch/obj" SPHINXDIRS=virt/kvm htmldocs > "$2/sphinx.log" 2>&1 ||
		{ tail -n 5 "$2/sphinx.log"; return 1; }
	{ grep -E 'WARNING|ERROR' "$2/sphinx.log" || true; } | sed -e "s#$linux/##" -e 's/:[0-9]*:/:/' | sort > "$2/sphinx"
	(cd "$linux" && for file in $sources; do
		[ ! -e "$file" ] || scripts/kernel-doc -none -Wall "$file" || true
	done) 2>&1 | sed 's/:[0-9]\+[: ]/: /' | sort > "$2/kernel-doc"
	mv "$scratch/obj/Documentation/output/virt/kvm" "$2/html"
	rm -rf "$scratch/obj"
}

sources=$(git_linux diff --name-only base "$series_commit" -- '*.[ch]' ':!tools')
step 'documentation of the base' warnings base "$scratch/base"
step 'documentation of the series' warnings "$series_commit" "$scratch/series"

# new TOOL: warnings that the base has not
new() { ! comm -13 "$scratch/base/$1" "$scratch/series/$1" | grep .; }
check 'htmldocs: no new warning in virt/kvm' new sphinx
check 'kernel-doc: no new warning in what is touched' new kernel-doc
check 'the page of the filter is there' grep -q KVM_ARM_VM_SMCCC_FILTER "$scratch/series/html/devices/vm.html"
if [ "${SERIES:-all}" != core ]; then
	check '... and of its counters' grep -q smccc_forwarded "$scratch/series/html/arm/hypercalls.html"
fi

finish

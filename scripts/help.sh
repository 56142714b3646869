#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make help: the targets, with the times that they took when the last report was
# made, and what can be set.
cd "$(dirname "$0")/.." || exit

sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS=$'\t' read -r target text; do
	times=$(awk -v target="$target" '$1 == "make" && $2 == target { print "; " $3 " the first time, " $4 " again" }' docs/test-report-6.1.txt)
	printf '  make %-10s %s%s\n' "$target" "$text" "$times"
done
echo
echo "  Times are minutes:seconds on two cores; build/ then $(sed -n 's/^build. //p' docs/test-report-6.1.txt)."
cat <<'END'

  MODE=vhe|nvhe|protected|cortex-a72  how KVM runs, or a CPU without VHE, for run and shell
  CONDUIT=hvc|smc                how the guest of make run calls its firmware
  LINUX=6.1|6.12|7.3             which of patches/
  SERIES=core|all                without the extensions, or everything
  KERNEL=VERSION                 another version of the source package
  SOURCE=TARBALL|DIRECTORY       a kernel of yours in place of the package
  CONFIG=FLAVOUR                 for make deb: cloud-arm64|arm64
  TESTS=PATTERN                  only these for make check, make check-all: */8*
  KEPT=REPORT                    the same: results of another machine, to go on with
  BUILD=DIRECTORY                instead of build/; make clean removes it
  V=1                            show commands
END

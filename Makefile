# SPDX-License-Identifier: GPL-2.0
# The verbs. Each one is a script in scripts/.

# Relative to where make is; the scripts go elsewhere
ifdef BUILD
override export BUILD := $(abspath $(BUILD))
endif

help:		## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20
	@echo
	@echo '  MODE=vhe|nvhe|protected|novhe  how KVM runs, for run and shell'
	@echo '  CONDUIT=hvc|smc                how the guest of make run calls its firmware'
	@echo '  LINUX=6.1|6.12                 which of patches/'
	@echo '  SERIES=core|all                the first part of the series, or both'
	@echo '  KERNEL=VERSION                 another version of the source package'
	@echo '  CONFIG=FLAVOUR                 for make deb: cloud-arm64|arm64'
	@echo '  TESTS=PATTERN                  only these for make check-all: */8*'
	@echo '  KEPT=PAGE                      for make check-all: the page of another machine, to go on with'
	@echo '  BUILD=DIRECTORY                instead of build/; make clean removes it'
	@echo '  V=1                            show commands'

run:		## boot the patched kernel under QEMU, and in it a Linux with its firmware in user space
	@scripts/run.sh

check:		## the tests that fit in 45 minutes on two cores
	@scripts/check.sh

check-all:	## every test; goes on where it was interrupted
	@scripts/check.sh --all

shell:		## the machine of make run, interactive
	@scripts/shell.sh

tree:		## build/tree: the series as commits, to be edited
	@scripts/tree.sh

export:		## write the commits of build/tree back to patches/
	@scripts/export.sh

bench:		## count what calls cost, and write bench/'s table and plot
	@scripts/bench.sh

quilt:		## the series as it drops into Debian's source package
	@scripts/quilt.sh

deb:		## arm64 packages of the kernel with the series, from Debian's configuration
	@scripts/deb.sh

headers:	## the uapi headers with the series, a tarball
	@scripts/headers.sh

kselftest:	## the selftests for any arm64 machine, a tarball
	@scripts/kselftest.sh

clean:		## remove build/
	@scripts/clean.sh

.PHONY: help run check check-all shell tree export bench quilt deb headers kselftest clean

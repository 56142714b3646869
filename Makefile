# SPDX-License-Identifier: GPL-2.0
# The make targets. Each one is a script in scripts/.

# Relative to where make is; the scripts go elsewhere
ifdef BUILD
override export BUILD := $(abspath $(BUILD))
endif

help:		## this list
	@scripts/help.sh

run:		## boot the patched kernel under QEMU, and in it a Linux with its firmware in user space
	@scripts/run.sh

check:		## the quick tests
	@scripts/check.sh

check-all:	## every test; goes on where it was interrupted
	@scripts/check.sh --all

shell:		## the machine of make run, interactive
	@scripts/shell.sh

tree:		## build/tree: the series as commits, to be edited
	@scripts/tree.sh

export:		## write the commits of build/tree back to patches/
	@scripts/export.sh

mail:		## the series as mails to the list, FROM='Name <address>'
	@scripts/mail.sh

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

artefacts:	## image, headers, selftests, configuration and checksums, for CI jobs
	@scripts/artefacts.sh

pictures:	## draw the pictures of docs/ and bench/
	@scripts/pictures.sh

clean:		## remove build/
	@scripts/clean.sh

.PHONY: help run check check-all shell tree export mail bench quilt deb headers kselftest artefacts pictures clean

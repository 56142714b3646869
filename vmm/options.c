// SPDX-License-Identifier: GPL-2.0
/* The command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

static const char usage[] =
"usage: vmm --kernel IMAGE [OPTION]...\n"
"       vmm control SOCKET plug N | unplug N | raise EVENT [N] | status\n"
"\n"
"  --kernel FILE           arm64 Linux Image\n"
"  --initrd FILE           initial RAM disk\n"
"  --append TEXT           kernel command line\n"
"  --memory MIB            RAM, 256 if not given\n"
"  --cpus N                vCPUs that are plugged, 1 if not given\n"
"  --max-cpus N            all vCPUs, with those that can be plugged later\n"
"  --conduit hvc|smc       how the guest calls PSCI and SDEI; hvc if not given\n"
"  --psci auto|user|kernel who is the firmware; auto is user space if the\n"
"                          kernel has a filter. \"kernel\" leaves all to KVM\n"
"  --filter BASE+N=ACTION  one more range of function ids; ACTION is handle,\n"
"                          deny or forward. Can be repeated\n"
"  --show-filter           print what the kernel's filter holds\n"
"  --no-sync-regs          read and write each register by a system call, even\n"
"                          if the kernel can pass x0-x17 with KVM_RUN\n"
"  --control SOCKET        UNIX socket to make, for vmm control\n"
"  --trace                 print each forwarded call\n"
"  --verbose               print each range that is set\n"
"\n"
"The guest's console is standard input and output. Exit status: 0 the guest\n"
"powered off, 1 bad input or a failure, 2 the kernel has no SMCCC filter and\n"
"an option asks for it.\n";

static uint64_t number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	const char *end;
	uint64_t value;

	if (!parse_number(text, max, &value, &end) || *end || value < min)
		die("--%s %s: must be a number from %lu to %lu", option, text, min, max);
	return value;
}

static int choice(const char *option, const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	die("--%s %s: unknown; see --help", option, text);
}

static void check(struct options *options)
{
	if (!options->kernel)
		die("--kernel is missing; see --help");
	if (!options->max_cpus)
		options->max_cpus = options->cpus;
	if (options->max_cpus < options->cpus)
		die("--max-cpus %u: less than --cpus %u", options->max_cpus, options->cpus);
}

/* Fills @options, or prints why not and ends the program */
void parse_options(struct options *options, int argc, char **argv)
{
	enum { KERNEL, INITRD, APPEND, MEMORY, CPUS, MAX_CPUS, CONDUIT, PSCI, FILTER,
	       SHOW_FILTER, NO_SYNC_REGS, CONTROL, TRACE, VERBOSE, HELP };
	static const struct option names[] = {
		{ "kernel", required_argument, NULL, KERNEL },
		{ "initrd", required_argument, NULL, INITRD },
		{ "append", required_argument, NULL, APPEND },
		{ "memory", required_argument, NULL, MEMORY },
		{ "cpus", required_argument, NULL, CPUS },
		{ "max-cpus", required_argument, NULL, MAX_CPUS },
		{ "conduit", required_argument, NULL, CONDUIT },
		{ "psci", required_argument, NULL, PSCI },
		{ "filter", required_argument, NULL, FILTER },
		{ "show-filter", no_argument, NULL, SHOW_FILTER },
		{ "no-sync-regs", no_argument, NULL, NO_SYNC_REGS },
		{ "control", required_argument, NULL, CONTROL },
		{ "trace", no_argument, NULL, TRACE },
		{ "verbose", no_argument, NULL, VERBOSE },
		{ "help", no_argument, NULL, HELP },
		{ }
	};
	static const char *const conduits[] = { "hvc", "smc", NULL };
	static const char *const where[] = {
		[PSCI_AUTO] = "auto", [PSCI_USER] = "user", [PSCI_KERNEL] = "kernel", NULL
	};
	int option;

	*options = (struct options){ .append = "", .memory = 256 * MIB, .cpus = 1 };
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (option) {
		case KERNEL:
			options->kernel = optarg;
			break;
		case INITRD:
			options->initrd = optarg;
			break;
		case APPEND:
			options->append = optarg;
			break;
		case CONTROL:
			options->control = optarg;
			break;
		case SHOW_FILTER:
			options->show_filter = true;
			break;
		case NO_SYNC_REGS:
			options->no_sync_regs = true;
			break;
		case TRACE:
			options->trace = true;
			break;
		case VERBOSE:
			options->verbose = true;
			break;
		case MEMORY:
			options->memory = number("memory", optarg, 16, 65536) * MIB;
			break;
		case CPUS:
			options->cpus = number("cpus", optarg, 1, MAX_VCPUS);
			break;
		case MAX_CPUS:
			options->max_cpus = number("max-cpus", optarg, 1, MAX_VCPUS);
			break;
		case CONDUIT:
			options->smc = choice("conduit", optarg, conduits);
			break;
		case PSCI:
			options->psci = choice("psci", optarg, where);
			break;
		case FILTER:
			if (options->nr_filters == MAX_FILTERS)
				die("--filter %s: more than %d", optarg, MAX_FILTERS);
			if (!filter_parse(optarg, &options->filters[options->nr_filters++]))
				die("--filter %s: must be BASE+N=handle, deny or forward", optarg);
			break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		default:
			die("%s: unknown option, or its value is missing; see --help",
			    argv[optind - 1]);
		}
	}
	if (optind < argc)
		die("%s: not an option; see --help", argv[optind]);
	check(options);
}

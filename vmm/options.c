// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The command line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

static const char usage[] =
"usage: vmm --kernel IMAGE [OPTION]...\n"
"       vmm --restore FILE [OPTION]...\n"
"       vmm control SOCKET plug N | unplug N | raise EVENT [N] | status |\n"
"                          snapshot FILE\n"
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
"  --filter BASE+N=ACTION  one more range of function IDs; ACTION is handle,\n"
"                          deny or forward. Can be repeated\n"
"  --show-filter           print what the kernel's filter holds\n"
"  --no-sync-regs          read and write each register by a system call, even\n"
"                          if the kernel can pass x0-x17 with KVM_RUN\n"
"  --control SOCKET        UNIX socket to make, for vmm control\n"
"  --no-reboot             end when the guest resets itself\n"
"  --restore FILE          go on with the guest of a snapshot, which removes\n"
"                          FILE. What the guest is made of comes from there.\n"
"                          A reset needs --kernel, and ends the VMM without\n"
"  --allow-loss NAME       this register of the guest may be lost or differ\n"
"                          here. Can be repeated\n"
"  --compatible 6.1        the guest sees no more than a host with Linux 6.1\n"
"                          can take over\n"
"  --trace                 print each forwarded call\n"
"  --verbose               print each range that is set, and each difference\n"
"                          between two hosts that --restore finds\n"
"\n"
"The guest's console is standard input and output. On a terminal Ctrl-A x ends\n"
"the VMM, and Ctrl-A h tells more. Exit status: 0 the guest powered off or has\n"
"moved into a file, 1 bad input or a failure, 2 the kernel has no SMCCC filter\n"
"and an option asks for it, 3 the guest reset itself and --no-reboot was given\n"
"or it has moved and --kernel was not, 4 the guest crashed, 128 + N signal N\n"
"ended the VMM, as Ctrl-A x does with N = 2.\n";

static const char *const conduits[] = { "hvc", "smc", NULL };
static const char *const where[] = {
	[PSCI_AUTO] = "auto", [PSCI_USER] = "user", [PSCI_KERNEL] = "kernel", NULL
};

static const char *const kernels[] = { "none", "6.1", NULL };

enum kind { TEXT, FLAG, NUMBER, CHOICE, FILTER, LOSS, HELP };

/*
 * One for each: where its value goes in struct options, and what it may be. The first are
 * of the guest: --restore has them from its file.
 */
#define NR_GUESTS 6
static const struct known {
	const char *name;
	enum kind kind;
	size_t offset;
	uint64_t min, max;		/* of a NUMBER */
	const char *const *choices;	/* of a CHOICE; its value is the index */
} known[] = {
#define TO(member)	offsetof(struct options, member)
	{ .name = "memory", .kind = NUMBER, .offset = TO(memory_mib), .min = 16, .max = 65536 },
	{ .name = "cpus", .kind = NUMBER, .offset = TO(cpus), .min = 1, .max = MAX_VCPUS },
	{ .name = "max-cpus", .kind = NUMBER, .offset = TO(max_cpus), .min = 1, .max = MAX_VCPUS },
	{ .name = "conduit", .kind = CHOICE, .offset = TO(smc), .choices = conduits },
	{ .name = "psci", .kind = CHOICE, .offset = TO(psci), .choices = where },
	{ .name = "filter", .kind = FILTER },
	{ .name = "kernel", .kind = TEXT, .offset = TO(kernel) },
	{ .name = "initrd", .kind = TEXT, .offset = TO(initrd) },
	{ .name = "append", .kind = TEXT, .offset = TO(append) },
	{ .name = "control", .kind = TEXT, .offset = TO(control) },
	{ .name = "restore", .kind = TEXT, .offset = TO(restore) },
	{ .name = "allow-loss", .kind = LOSS },
	{ .name = "compatible", .kind = CHOICE, .offset = TO(compatible), .choices = kernels },
	{ .name = "show-filter", .kind = FLAG, .offset = TO(show_filter) },
	{ .name = "no-sync-regs", .kind = FLAG, .offset = TO(no_sync_regs) },
	{ .name = "no-reboot", .kind = FLAG, .offset = TO(no_reboot) },
	{ .name = "trace", .kind = FLAG, .offset = TO(trace) },
	{ .name = "verbose", .kind = FLAG, .offset = TO(verbose) },
	{ .name = "help", .kind = HELP },
};

static void set(struct options *options, const struct known *option, const char *text)
{
	void *to = (char *)options + option->offset;
	unsigned int choice = 0;
	const char *end;
	uint64_t value;

	switch (option->kind) {
	case TEXT:
		*(const char **)to = text;
		break;
	case FLAG:
		*(bool *)to = true;
		break;
	case NUMBER:
		if (!parse_number(text, option->max, &value, &end) || *end || value < option->min)
			die("--%s %s: must be a number from %lu to %lu", option->name, text,
			    option->min, option->max);
		*(unsigned int *)to = value;
		break;
	case CHOICE:
		while (option->choices[choice] && strcmp(text, option->choices[choice]) != 0)
			choice++;
		if (!option->choices[choice])
			die("--%s %s: unknown; see --help", option->name, text);
		*(unsigned int *)to = choice;
		break;
	case FILTER:
		if (options->nr_filters == MAX_FILTERS)
			die("--filter %s: more than %d", text, MAX_FILTERS);
		if (!filter_parse(text, &options->filters[options->nr_filters++]))
			die("--filter %s: must be BASE+N=handle, deny or forward", text);
		break;
	case LOSS:
		if (options->nr_losses == MAX_LOSSES)
			die("--allow-loss %s: more than %d", text, MAX_LOSSES);
		options->losses[options->nr_losses++] = text;
		break;
	case HELP:
		print_or_die(usage);
		exit(0);
	}
}

void parse_options(struct options *options, int argc, char **argv)
{
	struct option names[ARRAY_SIZE(known) + 1] = { };
	const char *guests = NULL;
	int i;

	for (unsigned int n = 0; n < ARRAY_SIZE(known); n++) {
		names[n].name = known[n].name;
		names[n].has_arg = known[n].kind != FLAG && known[n].kind != HELP;
		names[n].val = n;
	}
	*options = (struct options){ .append = "", .memory_mib = 256, .cpus = 1 };
	opterr = 0;
	while ((i = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		if (i == '?')
			die("%s: unknown option, or its value is missing; see --help",
			    argv[optind - 1]);
		set(options, &known[i], optarg);
		if (i < NR_GUESTS)
			guests = known[i].name;
	}
	if (optind < argc)
		die("%s: not an option; see --help", argv[optind]);
	if (options->restore && guests)
		die("--%s: not with --restore: it comes with the guest", guests);
	if (options->restore && options->compatible)
		die("--compatible: not with --restore: the guest has started already");
	if (!options->kernel && !options->restore)
		die("--kernel is missing; see --help");
	if (!options->max_cpus)
		options->max_cpus = options->cpus;
	if (options->max_cpus < options->cpus)
		die("--max-cpus %u: less than --cpus %u", options->max_cpus, options->cpus);
	options->memory = options->memory_mib * MIB;
}

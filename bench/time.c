// SPDX-License-Identifier: GPL-2.0
/*
 * smccc_cost [RUNS [CALLS]]: what a guest's call costs on this machine, in
 * nanoseconds. A run is CALLS calls, whose time is divided by their number. Without
 * CALLS a run has as few as the counter can measure to a hundredth.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/utsname.h>

#include "calls.h"

#define TICKS		100		/* in a run that is measured to a hundredth */

static unsigned int runs = 1000, fixed_calls;
static uint64_t hertz;
static bool coarse;

static double nanoseconds(uint64_t ticks, unsigned int calls)
{
	return (double)ticks * 1e9 / hertz / calls;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The second run: the first one finds nothing in the caches */
static unsigned int calls_per_run(uint32_t id, const struct way *way, unsigned int nr_args)
{
	uint64_t ticks;
	unsigned int calls;

	if (fixed_calls)
		return fixed_calls;
	for (calls = 1; calls < 1000; calls *= 10) {
		batch(id, way, nr_args, calls);
		ticks = batch(id, way, nr_args, calls);
		if (ticks >= TICKS)
			break;
	}
	return calls;
}

static void measure(const char *name, uint32_t id, const struct way *way, unsigned int nr_args)
{
	uint64_t *ticks = calloc(runs, sizeof(*ticks));
	unsigned int calls;

	if (!ticks)
		die("memory");
	if (way->sync_regs)
		m.run->kvm_valid_regs = KVM_SYNC_ARM64_SMCCC;
	calls = calls_per_run(id, way, nr_args);
	for (unsigned int i = 0; i < runs; i++)
		ticks[i] = batch(id, way, nr_args, calls);
	qsort(ticks, runs, sizeof(*ticks), by_size);
	printf("%-36s %9.1f %9.1f %9.1f %6u %6u%s\n", name, nanoseconds(ticks[0], calls),
	       nanoseconds(ticks[runs / 2], calls), nanoseconds(ticks[runs * 99ul / 100], calls),
	       runs, calls, ticks[0] < TICKS ? " coarse" : "");
	coarse |= ticks[0] < TICKS;
	free(ticks);
}

static void not_there(const char *name)
{
	printf("%-36s %9s %9s %9s\n", name, "-", "-", "-");
}

/* On one CPU, since those of a machine can be of two kinds: prints which one */
static void stay_here(void)
{
	int cpu = sched_getcpu();
	char path[80], midr[32] = "unknown\n";
	cpu_set_t set;
	FILE *file;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu < 0 || sched_setaffinity(0, sizeof(set), &set))
		die("cannot stay on one CPU");
	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/regs/identification/midr_el1", cpu);
	file = fopen(path, "r");
	if (file && !fgets(midr, sizeof(midr), file))
		die(path);
	if (file)
		fclose(file);
	printf("# CPU %d, MIDR_EL1 %s", cpu, midr);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || value < 1 || value > 1000000) {
		fprintf(stderr, "usage: smccc_cost [RUNS [CALLS]], both from 1 to 1000000\n");
		exit(1);
	}
	return value;
}

int main(int argc, char **argv)
{
	struct utsname name;

	if (argc > 1)
		runs = number(argv[1]);
	if (argc > 2)
		fixed_calls = number(argv[2]);
	m.kvm = open("/dev/kvm", O_RDWR);
	if (m.kvm < 0)
		die("/dev/kvm");
	setvbuf(stdout, NULL, _IOLBF, 0);
	asm("mrs %0, cntfrq_el0" : "=r"(hertz));
	if (!hertz || uname(&name))
		die("the frequency of the counter");

	printf("# Linux %s %s\n", name.release, name.version);
	stay_here();
	printf("# The counter has %.1f MHz: one tick is %.1f ns\n", hertz / 1e6, 1e9 / hertz);
	printf("%-36s %9s %9s %9s %6s %6s\n", "nanoseconds for a guest's call",
	       "minimum", "median", "99th perc", "runs", "calls");
	every_case();
	if (coarse)
		printf("# coarse: a run is shorter than %d ticks, too short for this counter\n",
		       TICKS);
	return 0;
}

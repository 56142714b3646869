// SPDX-License-Identifier: GPL-2.0
/*
 * In a Linux guest: turns CPUs off and on at random, under load, and after each
 * time lets every CPU that is on do work that is pinned to it. TAP.
 *
 * guest-cpus CPUS CYCLES [SEED]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MAX_CPUS	64
#define STUCK		60	/* seconds for one cycle, a hundred times what it takes */

static bool is_on[MAX_CPUS];
static unsigned int nr_cpus;
static volatile unsigned int spin;

static void bail_out(const char *what, unsigned int cpu)
{
	printf("not ok 1 - %s of CPU %u: %s\nBail out!\n", what, cpu, strerror(errno));
	exit(1);
}

static void *load(void *arg)
{
	for (;;)
		spin++;
	return arg;
}

static bool switch_cpu(unsigned int cpu, bool on)
{
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		bail_out(path, cpu);
	ok = write(fd, on ? "1" : "0", 1) == 1;
	close(fd);
	return ok;
}

/* The sum of the first primes, so that something is computed and can be wrong */
static unsigned long compute(void)
{
	unsigned long sum = 0;

	for (unsigned int n = 2; n < 2000; n++) {
		unsigned int d = 2;

		while (d * d <= n && n % d)
			d++;
		if (d * d > n)
			sum += n;
	}
	return sum;
}

static void work_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bail_out("sched_setaffinity", cpu);
	if (compute() != 277050 || sched_getcpu() != (int)cpu)
		bail_out("work", cpu);
}

int main(int argc, char **argv)
{
	unsigned int want = argc > 2 ? atoi(argv[1]) : 0, cycles = argc > 2 ? atoi(argv[2]) : 0;
	unsigned int on = 0, off = 0, works = 0;
	unsigned short state[3] = { };
	unsigned long seed;
	pthread_t thread;

	if (argc > 3)
		seed = strtoul(argv[3], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		bail_out("getrandom", 0);
	memcpy(state, &seed, sizeof(state));
	setlinebuf(stdout);
	printf("1..1\n# random seed %#lx\n", seed);

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_cpus < 2 || nr_cpus != want || !cycles)
		bail_out("as many CPUs as said, two at least, and cycles: CPUs", nr_cpus);
	for (unsigned int i = 0; i < nr_cpus; i++)
		is_on[i] = true;
	for (unsigned int i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, load, NULL))
			bail_out("load", i);

	for (unsigned int i = 0; i < cycles; i++) {
		unsigned int cpu = 1 + nrand48(state) % (nr_cpus - 1);

		alarm(STUCK);
		if (!switch_cpu(cpu, !is_on[cpu]))
			bail_out(is_on[cpu] ? "off" : "on", cpu);
		is_on[cpu] = !is_on[cpu];
		if (is_on[cpu])
			on++;
		else
			off++;
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			if (is_on[cpu]) {
				work_on(cpu);
				works++;
			}
		}
	}
	printf("# %u times on, %u times off, %u pieces of work\n", on, off, works);
	printf("ok 1 - %u CPUs, %u cycles\n", nr_cpus, cycles);
	return 0;
}

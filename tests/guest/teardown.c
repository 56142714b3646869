// SPDX-License-Identifier: GPL-2.0
/*
 * teardown: what it takes to close a VM with a large SMCCC filter. In a kernel
 * with the preemptoff tracer, that tells the longest stretch without preemption,
 * which must not depend on the size of the filter; in any other, only the time.
 *
 * One stretch does, and is not the filter's: whoever frees more pages than a per-CPU
 * list holds has the page allocator give many of them back at once, up to its
 * limit, in free_unref_page(). The tracer tells where a stretch began and ended.
 */
#include <sys/stat.h>
#include <time.h>

#include "filter.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define FEW		1000
#define MANY		1000000

static bool traced, allocators;

static long max_latency(void)
{
	FILE *file = fopen(TRACEFS "tracing_max_latency", "r");
	long us;

	MUST(file && fscanf(file, "%ld", &us) == 1 ? 0 : -1);
	fclose(file);
	return us;
}

/* Print where the longest stretch was. Return whether it was the page allocator's */
static bool is_allocators(void)
{
	FILE *file = fopen(TRACEFS "trace", "r");
	char line[256];
	int ends = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, "=> started") && !strstr(line, "=> ended"))
			continue;
		printf("# %s", line);
		ends += !!strstr(line, "free_unref_page");
	}
	if (file)
		fclose(file);
	return ends == 2;
}

/*
 * Close VMs with nr ranges each. Return the longest stretch without preemption, in
 * us. An interrupt makes one too, so small VMs are as many as take the time of a
 * large one.
 */
static long closing(int kvm, int vms, int nr)
{
	struct timespec start, end;
	double ms = 0;
	long longest = 0;

	if (traced)
		write_text(TRACEFS "tracing_max_latency", "0");
	while (vms--) {
		int vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));

		for (int i = 0; i < nr; i++)
			MUST(-filter_set(vm, 0x86000000u + 2 * i, 1, KVM_SMCCC_FILTER_DENY));
		if (traced)
			write_text(TRACEFS "tracing_on", "1");
		clock_gettime(CLOCK_MONOTONIC, &start);
		close(vm);
		clock_gettime(CLOCK_MONOTONIC, &end);
		if (traced)
			write_text(TRACEFS "tracing_on", "0");
		ms += (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
	}
	printf("# %d ranges in a VM: closed in %.3f ms", nr, ms);
	if (traced) {
		longest = max_latency();
		printf(", at most %ld us without preemption", longest);
	}
	printf("\n");
	allocators = traced && is_allocators();
	return longest;
}

int main(void)
{
	struct stat status;
	int kvm = kvm_open();
	long few, many;

	traced = !stat(TRACEFS "tracing_max_latency", &status);
	if (traced) {
		write_text(TRACEFS "tracing_on", "0");
		write_text(TRACEFS "current_tracer", "preemptoff");
	}
	/* What is done once in the life of a kernel */
	closing(kvm, 1, FEW);
	few = closing(kvm, MANY / FEW, FEW);
	many = closing(kvm, 1, MANY);
	if (traced)
		CHECK(few > 0 && (10 * many <= 12 * few || allocators),
		      "%d ranges: %ld us without preemption%s, %d ranges: %ld us", MANY, many,
		      allocators ? " in the page allocator" : "", FEW, few);
	else
		CHECK(true, "%d ranges are freed", MANY);
	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest's call costs. A guest of a few instructions makes calls, and the
 * virtual counter is read around them: in a machine that counts instructions
 * (QEMU's -icount shift=0), it tells how many were executed by guest, kernel
 * and this program together. Prints one line for each row: its name, a tab, and
 * instructions per call, or "-" where the kernel does not have what it needs.
 */
#include "calls.h"

#define NS_PER_TICK	16		/* of QEMU's counter, 62.5 MHz */
#define CALLS		100		/* between two looks at the counter */
#define BATCHES		20		/* the best one has no timer interrupt in it */

static void measure(const char *name, uint32_t id, const struct way *way, unsigned int nr_args)
{
	uint64_t ticks, best = UINT64_MAX;

	if (way->sync_regs)
		m.run->kvm_valid_regs = KVM_SYNC_ARM64_SMCCC;
	for (int i = 0; i < BATCHES; i++) {
		ticks = batch(id, way, nr_args, CALLS);
		if (ticks < best)
			best = ticks;
	}
	printf("%s\t%lu\n", name, (best * NS_PER_TICK + CALLS / 2) / CALLS);
}

static void not_there(const char *name)
{
	printf("%s\t-\n", name);
}

static uint64_t counter(void)
{
	uint64_t ticks;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

#define CGROUPS	"/sys/fs/cgroup/"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Bytes of slab and vmalloc that this program's cgroup is charged with */
static long charged(void)
{
	long bytes, sum = 0;
	char line[128];
	int found = 0;
	FILE *file;

	sleep(3);	/* small changes show in 6.12's figures every two seconds */
	file = fopen(CGROUPS "cost/memory.stat", "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "slab %ld", &bytes) == 1 ||
		    sscanf(line, "vmalloc %ld", &bytes) == 1) {
			sum += bytes;
			found++;
		}
	}
	if (found != 2)
		die("memory.stat");
	fclose(file);
	return sum;
}

/* All that a VM without a filter is charged with */
static void empty(const char *name)
{
	long before;

	/* What is allocated once, for the first VM of all */
	create_vm();
	create_vcpu();
	batch(PSCI_0_2_FN_PSCI_VERSION, &no_exit, 0, CALLS);
	destroy_vm();

	before = charged();
	create_vm();
	create_vcpu();
	batch(PSCI_0_2_FN_PSCI_VERSION, &no_exit, 0, CALLS);
	printf("%s\t%ld\n", name, charged() - before);
	destroy_vm();
}

/*
 * What @nr_vms VMs are charged with, each with @nr ranges and a first run; and
 * the ticks that it took to set them. They stay: what one is charged with is
 * known to a page only. Returns false if there is no filter.
 */
static bool fill_and_run(unsigned int nr_vms, unsigned int nr, long *bytes, uint64_t *ticks)
{
	long before = charged();
	uint64_t start;

	*ticks = 0;
	for (unsigned int i = 0; i < nr_vms; i++) {
		create_vm();
		create_vcpu();
		start = counter();
		if (!set_ranges(OTHER_OWNER, nr, KVM_SMCCC_FILTER_DENY))
			return false;
		*ticks += counter() - start;
		batch(PSCI_0_2_FN_PSCI_VERSION, &no_exit, 0, CALLS);
	}
	*bytes = charged() - before;
	return true;
}

static void filled(unsigned int nr_vms, unsigned int nr)
{
	long without, with, all = (long)nr_vms * nr;
	uint64_t ticks;

	if (fill_and_run(nr_vms, 0, &without, &ticks) &&
	    fill_and_run(nr_vms, nr, &with, &ticks)) {
		printf("set, instructions, %u\t%lu\n", nr, ticks * NS_PER_TICK / all);
		printf("set, bytes, %u\t%ld\n", nr, (with - without) / (long)nr_vms);
	} else {
		printf("set, instructions, %u\t-\nset, bytes, %u\t-\n", nr, nr);
	}
}

/* "cost", or "cost empty" where there is no debugfs */
int main(int argc, char **argv)
{
	m.kvm = open("/dev/kvm", O_RDWR);
	if (m.kvm < 0)
		die("/dev/kvm");
	setvbuf(stdout, NULL, _IOLBF, 0);

	write_file(CGROUPS "cgroup.subtree_control", "+memory");
	mkdir(CGROUPS "cost", 0755);
	if (argc > 1) {
		write_file(CGROUPS "cost/cgroup.procs", "0");
		empty("no filter, no debugfs, bytes");
		return 0;
	}

	every_case();

	write_file(CGROUPS "cost/cgroup.procs", "0");
	empty("no filter, bytes");
	filled(100, 1);
	filled(10, 1000);
	filled(1, 100000);
	return 0;
}

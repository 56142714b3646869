// SPDX-License-Identifier: GPL-2.0
/*
 * limits [RANGES]: whose memory a filter is, what happens at the limit of a
 * cgroup, and what is left of many VMs. The figures are the kernel's:
 * memory.current and memory.events of cgroups made here, and /proc/slabinfo.
 * RANGES is for a kernel with KASAN, which is slow and keeps freed objects in
 * its slabs: fewer ranges, and nothing of many VMs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "filter.h"

#define ROOT		"/sys/fs/cgroup"
#define VMS		512
#define ID(n)		(0x86000000u + 2 * (n))
/* A range takes two slots of a leaf, which has 16 in 256 bytes */
#define LEAST		(many * 24l)
/* What the kernel may keep of charges: 64 pages on each CPU, and a few slabs */
#define SLACK		(1l << 20)

#define MANY		100000

static int kvm, many = MANY;

/* The number after name in the file, or the first of all */
static long number(const char *file, const char *name)
{
	char line[256];
	FILE *f = fopen(file, "r");
	size_t n = strlen(name);
	long value = -1;

	MUST(f ? 0 : -1);
	while (value < 0 && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, name, n))
			value = strtol(line + n, NULL, 10);
	}
	fclose(f);
	return value;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Freed memory is uncharged some time later. Return the figure once it is below limit. */
static long falls_below(long limit, const char *file, const char *name)
{
	double end = now() + 20;
	long value;

	do {
		value = number(file, name);
		usleep(1000);
	} while (value >= limit && now() < end);
	return value;
}

static void set_ranges(int vm, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		MUST(-filter_set(vm, ID(i), 1, i % 2 ? KVM_SMCCC_FILTER_DENY :
				 KVM_SMCCC_FILTER_FWD_TO_USER));
}

/* Run a vCPU of the VM, to no more than its first entry */
static void run_once(int vm)
{
	struct kvm_vcpu_init init = { .target = KVM_ARM_TARGET_GENERIC_V8 };
	int size = MUST(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	int vcpu = MUST(ioctl(vm, KVM_CREATE_VCPU, 0));
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	MUST(run == MAP_FAILED ? -1 : 0);
	MUST(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init));
	run->immediate_exit = 1;
	MUST(ioctl(vcpu, KVM_RUN, 0) && errno != EINTR ? -1 : 0);
	munmap(run, size);
	close(vcpu);
}

/* In a cgroup of its own, so that only what is done here counts */
static void accounted(void)
{
	long none, set, ran, freed;
	int vm;

	MUST(mkdir(ROOT "/accounted", 0755));
	write_text(ROOT "/accounted/cgroup.procs", "0");

	vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	none = number(ROOT "/accounted/memory.current", "");
	set_ranges(vm, many);
	set = number(ROOT "/accounted/memory.current", "");
	run_once(vm);
	ran = number(ROOT "/accounted/memory.current", "");
	close(vm);
	freed = falls_below(none + SLACK, ROOT "/accounted/memory.current", "");
	write_text(ROOT "/cgroup.procs", "0");

	CHECK(set - none > LEAST, "%d ranges: the cgroup's memory rises by %ld bytes",
	      many, set - none);
	CHECK(ran - set < LEAST / 10, "the first KVM_RUN: by %ld more, whatever the filter",
	      ran - set);
	CHECK(freed < none + SLACK, "and falls again with the VM: %ld bytes above what it was",
	      freed - none);
}

/*
 * A cgroup with room for less than the filter: SET fails with ENOMEM, or the
 * cgroup's OOM killer takes the caller. Nobody else notices.
 */
static void limited(void)
{
	long oom;
	int status, nr = 0, pipe_fd[2], other;
	char limit[16];
	pid_t pid;

	MUST(mkdir(ROOT "/limited", 0755));
	snprintf(limit, sizeof(limit), "%d", many * 84);
	write_text(ROOT "/limited/memory.max", limit);

	/* A VM of somebody else, with a filter that has to stay as it is */
	other = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	set_ranges(other, 1000);

	MUST(pipe(pipe_fd));
	fflush(stdout);
	pid = MUST(fork());
	if (!pid) {
		int i, vm, ret;

		write_text(ROOT "/limited/cgroup.procs", "0");
		vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
		for (i = 0; i < 10 * many; i++) {
			ret = filter_set(vm, ID(i), 1, KVM_SMCCC_FILTER_DENY);
			if (ret)
				_exit(ret == ENOMEM ? 0 : 1);
			MUST(write(pipe_fd[1], "", 1));
		}
		_exit(2);
	}
	close(pipe_fd[1]);
	for (;;) {
		char bytes[4096];
		ssize_t n = MUST(read(pipe_fd[0], bytes, sizeof(bytes)));

		if (!n)
			break;
		nr += n;
	}
	MUST(waitpid(pid, &status, 0));
	oom = number(ROOT "/limited/memory.events", "oom_kill ");

	CHECK(nr > 1000 && (WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL && oom == 1 :
			    !WEXITSTATUS(status)),
	      "a cgroup of %s bytes: after %d ranges %s", limit, nr,
	      WIFSIGNALED(status) ? "its OOM killer takes the caller" : "SET fails with ENOMEM");
	CHECK(filter_set(other, ID(999), 1, 1) == EEXIST && !filter_set(other, ID(1000), 1, 1),
	      "a VM outside of it goes on");
	CHECK(falls_below(SLACK, ROOT "/limited/memory.current", "") < SLACK,
	      "nothing stays charged to it: %ld bytes",
	      number(ROOT "/limited/memory.current", ""));
	close(other);
}

/* The objects of all slab caches that the filter uses */
static long slab_objects(void)
{
	return number("/proc/slabinfo", "maple_node ");
}

static void many_vms(void)
{
	static int vm[VMS];
	long first = 0, with = 0, last = 0;
	int i, round;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < VMS; i++) {
			vm[i] = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
			set_ranges(vm[i], 100);
		}
		with = slab_objects();
		for (i = 0; i < VMS; i++)
			close(vm[i]);
		/* The first round fills the caches of freed objects */
		if (!round)
			first = falls_below(with - 10 * VMS, "/proc/slabinfo", "maple_node ");
		last = falls_below(first + VMS, "/proc/slabinfo", "maple_node ");
	}
	CHECK(with > first + 10 * VMS, "%d VMs with 100 ranges each: %ld maple nodes in use",
	      VMS, with);
	CHECK(last < first + VMS, "after five times that many VMs: %ld, %ld after the first time",
	      last, first);
}

int main(int argc, char *argv[])
{
	if (argc > 1)
		many = atoi(argv[1]);
	kvm = kvm_open();
	write_text(ROOT "/cgroup.subtree_control", "+memory");

	accounted();
	limited();
	if (argc == 1)
		many_vms();

	return finish();
}

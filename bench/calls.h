/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls whose cost the programs here measure: a guest of a few instructions,
 * which reads the virtual counter before and after so many calls, and a VMM that
 * sets filters and answers in several ways.
 */
#ifndef CALLS_H
#define CALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#define GUEST_SIZE	64
#define CODE		0x10000ul
#define SHARED		0x20000ul
#define NOWHERE		0x40000000ul
#define PAGE		0x10000ul	/* the largest there is */

#define SAME_OWNER	0x84001000u
#define OTHER_OWNER	0xb2000000u	/* and nobody ever calls it here */
#define MINE		0x84000100u	/* what is denied or forwarded */

#define REG(n)		(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			 KVM_REG_ARM_CORE_REG(n))

struct shared {
	uint64_t id, calls, ticks;
};

extern const char guest[GUEST_SIZE];

asm(".pushsection .rodata\n"
    ".balign 4\n"
    "guest:\n"
    "	mov	x19, #0x20000\n"	/* SHARED */
    "	mov	x20, #0x40000000\n"	/* NOWHERE */
    "1:	ldp	x21, x22, [x19]\n"
    "	isb\n"
    "	mrs	x23, cntvct_el0\n"
    "2:	mov	x0, x21\n"
    "	hvc	#0\n"
    "	subs	x22, x22, #1\n"
    "	b.ne	2b\n"
    "	isb\n"
    "	mrs	x24, cntvct_el0\n"
    "	sub	x24, x24, x23\n"
    "	str	x24, [x19, #16]\n"
    "	str	xzr, [x20]\n"
    "	b	1b\n"
    "	.org	guest + 64\n"		/* GUEST_SIZE */
    ".popsection\n");

static struct machine {
	int kvm, vm, vcpu;
	size_t run_size;
	struct kvm_run *run;
	struct shared *shared;
	void *code;
} m;

static void die(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int try(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static void need(int fd, unsigned long request, void *arg, const char *what)
{
	if (try(fd, request, arg) < 0)
		die(what);
}

static void *guest_page(uint32_t slot, uint64_t address)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = address,
		.memory_size = PAGE,
		.userspace_addr = (uintptr_t)memory,
	};

	if (memory == MAP_FAILED)
		die("mmap");
	need(m.vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	return memory;
}

static void set_reg(uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	need(m.vcpu, KVM_SET_ONE_REG, &reg, "KVM_SET_ONE_REG");
}

static uint64_t get_reg(uint64_t id)
{
	uint64_t value;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	need(m.vcpu, KVM_GET_ONE_REG, &reg, "KVM_GET_ONE_REG");
	return value;
}

static void create_vm(void)
{
	m.vm = ioctl(m.kvm, KVM_CREATE_VM, 0);
	if (m.vm < 0)
		die("KVM_CREATE_VM");
}

/* A vCPU, and no GIC: it would add as much to everything */
static void create_vcpu(void)
{
	struct kvm_vcpu_init init = { };

	m.code = guest_page(0, CODE);
	memcpy(m.code, guest, sizeof(guest));
	m.shared = guest_page(1, SHARED);
	m.vcpu = ioctl(m.vm, KVM_CREATE_VCPU, 0);
	if (m.vcpu < 0)
		die("KVM_CREATE_VCPU");
	m.run_size = ioctl(m.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	m.run = mmap(NULL, m.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m.vcpu, 0);
	if (m.run == MAP_FAILED)
		die("mmap of the vCPU");
	need(m.vm, KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");
	init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	need(m.vcpu, KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
	set_reg(REG(regs.pc), CODE);
}

/* @nr ranges of one id each with a gap behind each; false: there is no filter */
static bool set_ranges(uint32_t base, unsigned int nr, uint8_t action)
{
	struct kvm_smccc_filter filter = { .base = base, .nr_functions = 1, .action = action };
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)&filter,
	};

	while (nr--) {
		if (try(m.vm, KVM_SET_DEVICE_ATTR, &attr))
			return false;
		filter.base += 2;
	}
	return true;
}

/* How an exit is answered */
struct way {
	const char *name;
	void (*answer)(unsigned int nr_args);
	bool sync_regs;
};

static volatile uint64_t sink;

static void not_at_all(unsigned int nr_args)
{
}

static void by_one_reg(unsigned int nr_args)
{
	uint64_t sum = 0;

	for (unsigned int i = 1; i <= nr_args; i++)
		sum += get_reg(REG(regs.regs[i]));
	sink = sum;
	set_reg(REG(regs.regs[0]), 0);
}

static void by_args(unsigned int nr_args)
{
	uint64_t sum = 0;

	for (unsigned int i = 1; i <= nr_args && i <= 6; i++)
		sum += m.run->hypercall.args[i - 1];
	if (nr_args == 7)
		sum += get_reg(REG(regs.regs[7]));
	sink = sum;
	set_reg(REG(regs.regs[0]), 0);
}

#ifdef KVM_SYNC_ARM64_SMCCC
static void by_sync_regs(unsigned int nr_args)
{
	__u64 *x = m.run->s.regs.smccc_regs;
	uint64_t sum = 0;

#pragma GCC unroll 7
	for (unsigned int i = 1; i <= nr_args; i++)
		sum += x[i];
	sink = sum;
	x[0] = 0;
	m.run->kvm_dirty_regs = KVM_SYNC_ARM64_SMCCC;
}
#else				/* headers of SERIES=core */
#define KVM_SYNC_ARM64_SMCCC 0
#define by_sync_regs	not_at_all
#endif

static const struct way no_exit = { "no exit", NULL, false };
static const struct way bare = { "bare", not_at_all, false };
static const struct way one_reg = { "one-reg", by_one_reg, false };
static const struct way args = { "args", by_args, false };
static const struct way sync_regs = { "sync-regs", by_sync_regs, true };

/*
 * The guest has no MMU and so no cache, this program has: without FWB in the CPU
 * neither sees what the other wrote.
 */
static void share(const void *line)
{
	asm volatile("dc civac, %0; dsb sy" : : "r"(line) : "memory");
}

/* The ticks of the counter that @calls calls take, each exit answered by @way */
static uint64_t batch(uint32_t id, const struct way *way, unsigned int nr_args, unsigned int calls)
{
	m.shared->id = id;
	m.shared->calls = calls;
	share(m.shared);
	for (;;) {
		need(m.vcpu, KVM_RUN, NULL, "KVM_RUN");
		if (m.run->exit_reason == KVM_EXIT_MMIO) {
			share(m.shared);
			return m.shared->ticks;
		}
		if (m.run->exit_reason != KVM_EXIT_HYPERCALL || !way->answer)
			die("a call ended in a way that it should not");
		way->answer(nr_args);
	}
}

/* What the programs do with a call, and with one that this kernel has not */
static void measure(const char *name, uint32_t id, const struct way *way, unsigned int nr_args);
static void not_there(const char *name);

static void destroy_vm(void)
{
	/* The mapping too keeps a VM, and its directory in debugfs */
	munmap(m.run, m.run_size);
	munmap(m.code, PAGE);
	munmap(m.shared, PAGE);
	close(m.vcpu);
	close(m.vm);
}

static void handled(const char *where, uint32_t base, unsigned int nr)
{
	char name[64];

	snprintf(name, sizeof(name), nr ? "handled, %s, %u" : "handled, %s", where, nr);
	create_vm();
	create_vcpu();
	if (set_ranges(base, nr, KVM_SMCCC_FILTER_DENY))
		measure(name, PSCI_0_2_FN_PSCI_VERSION, &no_exit, 0);
	else
		not_there(name);
	destroy_vm();
}

/* A range of KVM's own calls that is set to HANDLE is no reason to look one up */
static void stored_handle(void)
{
	struct kvm_smccc_filter filter = {
		.nr_functions = 0x80000000, .action = KVM_SMCCC_FILTER_HANDLE,
	};
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)&filter,
	};

	create_vm();
	create_vcpu();
	if (try(m.vm, KVM_SET_DEVICE_ATTR, &attr))
		not_there("handled, all owners set to HANDLE");
	else
		measure("handled, all owners set to HANDLE", PSCI_0_2_FN_PSCI_VERSION, &no_exit, 0);
	destroy_vm();
}

static void denied(void)
{
	create_vm();
	create_vcpu();
	if (set_ranges(MINE, 1, KVM_SMCCC_FILTER_DENY))
		measure("denied, 1", MINE, &no_exit, 0);
	else
		not_there("denied, 1");
	destroy_vm();
}

static void forwarded(const struct way *way, unsigned int nr_args)
{
	char name[64];
	int has_sync_regs = ioctl(m.kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);

	snprintf(name, sizeof(name), "forwarded, %s, %u", way->name, nr_args);
	create_vm();
	create_vcpu();
	/* args[] of kernels without the bit is zero */
	if ((way->sync_regs || way == &args) && !(has_sync_regs & KVM_SYNC_ARM64_SMCCC))
		not_there(name);
	else if (set_ranges(MINE, 1, KVM_SMCCC_FILTER_FWD_TO_USER))
		measure(name, MINE, way, nr_args);
	else
		not_there(name);
	destroy_vm();
}

static void every_case(void)
{
	static const unsigned int sizes[] = { 1, 16, 1000, 10000 };
	static const unsigned int nr_args[] = { 0, 3, 7 };

	handled("no filter", 0, 0);
	for (int i = 0; i < 4; i++)
		handled("other owner", OTHER_OWNER, sizes[i]);
	for (int i = 0; i < 4; i++)
		handled("same owner", SAME_OWNER, sizes[i]);
	stored_handle();
	denied();
	forwarded(&bare, 0);
	for (int i = 0; i < 3; i++)
		forwarded(&one_reg, nr_args[i]);
	for (int i = 0; i < 3; i++)
		forwarded(&args, nr_args[i]);
	for (int i = 0; i < 3; i++)
		forwarded(&sync_regs, nr_args[i]);
}

#endif

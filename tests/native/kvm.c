// SPDX-License-Identifier: GPL-2.0
/*
 * A KVM for the reference VMM: what the program asks of /dev/kvm is answered here,
 * by the rules of Documentation/virt/kvm/api.rst and devices/vm.rst. The linker
 * puts these functions in place of the C library's (--wrap).
 *
 * In the environment: NATIVE_KVM has words of what this kernel lacks, "filter",
 * "sync-regs", "statistics", "gicv3", "ipa-40", "sve" or "ptimer"; FAIL_AT=N makes
 * the Nth request fail with EIO;
 * HOLD_INIT= is a FIFO: the first reset of vCPU 1 by CPU_ON waits for its end.
 * FAIL_INIT= makes resets of vCPU 1 by CPU_ON fail, "off-cpu" unless its thread may run
 * on one CPU alone, "always" even so. DUMP= is where each boot's device tree goes,
 * and where the guest starts.
 *
 * For guests that move: HOLD_RUN= lets no guest run, HOLD_CALL=ID holds the exit of a call
 * back until the vCPU is kicked, HOLD_ANSWER=ID the KVM_RUN after it, and NATIVE_REGS= has
 * words ID=VALUE of registers that have this value here and take no other, or ID=none.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "registers.h"
#include "vmm.h"
#include "native.h"

#define RUN_SIZE	0x2000
#define STACK_BYTES	0x20000
#define NR_RANGES	256
#define NOT_SUPPORTED	(~0ul)

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, ...);

__thread struct processor *self;

static struct processor cpus[MAX_CPU];
static int kvm_fd = -1, vm_fd = -1, gic_fd = -1;
static unsigned int nr_cpus;

static struct {
	pthread_mutex_t lock;
	struct kvm_smccc_filter ranges[NR_RANGES];
	unsigned int nr;
	bool has_run;
	uint32_t levels;
	char *ram;
	uint32_t gic_type;
	uint64_t counters[2];		/* virtual, physical: where they start */
	struct { uint64_t group, attr, value; } gic[4096];
	unsigned int nr_gic;
	unsigned int boots;
} vm = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool lacks(const char *what)
{
	const char *all = getenv("NATIVE_KVM");

	return all && strstr(all, what);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* A descriptor of our own, so that closing and mapping it are the real thing */
static int new_fd(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, size))
		abort();
	return fd;
}

/* A Cortex-A72, or a Cortex-A53 */
static int midr_fd(bool is_little)
{
	int fd = new_fd("midr_el1", 0);

	dprintf(fd, "0x00000000410fd0%s0\n", is_little ? "3" : "8");
	lseek(fd, 0, SEEK_SET);
	return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
	unsigned int cpu;
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	if (sscanf(path, "/sys/devices/system/cpu/cpu%u/regs/", &cpu) == 1)
		return midr_fd(lacks("one-kind") ? cpu % 2 : 0);
	if (strcmp(path, "/dev/kvm") != 0)
		return __real_open(path, flags, mode);
	kvm_fd = new_fd("kvm", 0);
	return kvm_fd;
}

/* The filter, as devices/vm.rst has it */

static bool overlaps(const struct kvm_smccc_filter *filter, uint64_t base, uint64_t nr)
{
	return filter->base < base + nr && base < (uint64_t)filter->base + filter->nr_functions;
}

static int filter_insert(const struct kvm_smccc_filter *filter)
{
	static const uint8_t zeros[sizeof(filter->pad)];

	if (memcmp(filter->pad, zeros, sizeof(zeros)) != 0 || !filter->nr_functions ||
	    (uint64_t)filter->base + filter->nr_functions > 1ull << 32 || filter->action > 2)
		return -EINVAL;
	if (vm.has_run)
		return -EBUSY;
	if (overlaps(filter, 0x80000000, 0x10000) || overlaps(filter, 0xc0000000, 0x10000))
		return -EEXIST;
	for (unsigned int i = 0; i < vm.nr; i++)
		if (overlaps(filter, vm.ranges[i].base, vm.ranges[i].nr_functions))
			return -EEXIST;
	if (vm.nr == NR_RANGES)
		return -ENOMEM;
	vm.ranges[vm.nr++] = *filter;
	return 0;
}

static uint8_t action_of(uint32_t id)
{
	for (unsigned int i = 0; i < vm.nr; i++)
		if (id - vm.ranges[i].base < vm.ranges[i].nr_functions)
			return vm.ranges[i].action;
	return KVM_SMCCC_FILTER_HANDLE;
}

static bool is_reserved(uint32_t id)
{
	return (id & ~(1u << 30)) - 0x80000000u < 0x10000;
}

/* The first range that ends at or after @found->base */
static int filter_find(struct kvm_smccc_filter *found)
{
	const struct kvm_smccc_filter *next = NULL;

	for (unsigned int i = 0; i < vm.nr; i++) {
		const struct kvm_smccc_filter *range = &vm.ranges[i];

		if (range->base + (uint64_t)range->nr_functions > found->base &&
		    (!next || range->base < next->base))
			next = range;
	}
	if (!next)
		return -ENOENT;
	*found = *next;
	return 0;
}

static int filter_ioctl(unsigned long request, const struct kvm_device_attr *attr)
{
	struct kvm_smccc_filter *filter = (struct kvm_smccc_filter *)(uintptr_t)attr->addr;
	int error = 0;

	if (lacks("filter"))
		return fail(EINVAL);
	if (attr->group != KVM_ARM_VM_SMCCC_CTRL || attr->attr != KVM_ARM_VM_SMCCC_FILTER)
		return fail(ENXIO);
	pthread_mutex_lock(&vm.lock);
	if (request == KVM_SET_DEVICE_ATTR)
		error = filter_insert(filter);
	else if (request == KVM_GET_DEVICE_ATTR)
		error = filter_find(filter);
	pthread_mutex_unlock(&vm.lock);
	return error ? fail(-error) : 0;
}

/* A vCPU */

static int create_vcpu(unsigned long index)
{
	struct processor *cpu = &cpus[index];
	int fd;

	if (index >= MAX_CPU)
		return fail(EINVAL);
	fd = new_fd("vcpu", RUN_SIZE);
	if (fd < 0)
		return -1;
	if (cpu->run)
		munmap(cpu->run, RUN_SIZE);
	*cpu = (struct processor){
		.index = index,
		.fd = fd,
		.guest.uc_stack.ss_sp = cpu->guest.uc_stack.ss_sp,
	};
	cpu->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);
	if (index >= nr_cpus)
		nr_cpus = index + 1;
	return cpu->fd;
}

static void hold(const char *fifo)
{
	char byte;
	int fd;

	/* A kick does not end it, as it does not end the kernel's */
	do {
		fd = open(fifo, O_RDONLY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	while (read(fd, &byte, 1) > 0 || errno == EINTR)
		errno = 0;
	close(fd);
}

static bool is_init_to_fail(const struct processor *cpu)
{
	const char *how = getenv("FAIL_INIT");
	cpu_set_t set;

	if (!how || cpu->index != 1 || !cpu->inits)
		return false;
	sched_getaffinity(0, sizeof(set), &set);
	return !strcmp(how, "always") || CPU_COUNT(&set) != 1;
}

/* Registers of several sizes and kinds, with their values at a reset */
static const struct { uint64_t id, value; } others[NR_OTHERS] = {
	{ KVM_REG_ARM_TIMER_CTL, 0 }, { KVM_REG_ARM_TIMER_CVAL, 0 },
	{ KVM_REG_ARM_PTIMER_CTL, 0 }, { KVM_REG_ARM_PTIMER_CVAL, 0 },
	{ KVM_REG_ARM_PSCI_VERSION, 0x10003 }, { KVM_REG_ARM_STD_BMAP, 1 },
	{ KVM_REG_ARM_VENDOR_HYP_BMAP, 3 }, { KVM_REG_ARM_FW_FEAT_BMAP_REG(3), 2 },
	{ ARM64_SYS_REG(3, 0, 0, 5, 0), 9 },		/* ID_AA64DFR0_EL1 */
	{ ARM64_SYS_REG(3, 0, 0, 7, 1), 0x10000000100 },	/* ID_AA64MMFR1_EL1 */
	{ ARM64_SYS_REG(3, 0, 0, 4, 0), 0x11 },		/* ID_AA64PFR0_EL1 */
	{ KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | KVM_REG_ARM_DEMUX_ID_CCSIDR, 7 },
	{ KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE |
	  KVM_REG_ARM_CORE_REG(fp_regs.vregs[3]), 0 },
	{ KVM_REG_ARM64_SVE_ZREG(1, 0), 0 }, { KVM_REG_ARM64_SVE_VLS, 3 },
	{ ARM64_SYS_REG(3, 0, 13, 0, 4), 0 },		/* TPIDR_EL1 */
};

/* What NATIVE_REGS= says of a register; NULL if nothing */
static const char *own_value(uint64_t id)
{
	const char *all = getenv("NATIVE_REGS");
	char word[32];

	snprintf(word, sizeof(word), "%#lx=", id);
	all = all ? strstr(all, word) : NULL;
	return all ? all + strlen(word) : NULL;
}

static bool has_other(struct processor *cpu, unsigned int n)
{
	const char *own = own_value(others[n].id);

	if (own && !strncmp(own, "none", 4))
		return false;
	if ((others[n].id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM64_SVE)
		return cpu->has_sve;
	return true;
}

static void reset_others(struct processor *cpu)
{
	memset(cpu->others, 0, sizeof(cpu->others));
	for (unsigned int n = 0; n < NR_OTHERS; n++) {
		const char *own = own_value(others[n].id);
		uint64_t value = own ? strtoull(own, NULL, 0) : others[n].value;

		memcpy(cpu->others[n], &value, sizeof(value));
	}
}

static size_t size_of(uint64_t id)
{
	return 1ul << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

static void init_vcpu(struct processor *cpu)
{
	/* Its first one is that of its creation */
	if (++cpu->inits == 2 && cpu->index == 1 && getenv("HOLD_INIT"))
		hold(getenv("HOLD_INIT"));
	memset(cpu->x, 0, sizeof(cpu->x));
	cpu->pc = 0;
	cpu->pstate = 0x3c5;
	cpu->sctlr = 0x30d00800;
	cpu->timer = 0;
	cpu->mp_state = KVM_MP_STATE_RUNNABLE;
	cpu->fresh = true;
	cpu->abort = false;
	if (cpu->inits == 1)
		reset_others(cpu);
}

static int one_other(struct processor *cpu, unsigned long request, const struct kvm_one_reg *reg)
{
	void *user = (void *)(uintptr_t)reg->addr;
	size_t size = size_of(reg->id);

	for (unsigned int n = 0; n < NR_OTHERS; n++) {
		if (reg->id != others[n].id || !has_other(cpu, n))
			continue;
		if (request == KVM_GET_ONE_REG) {
			memcpy(user, cpu->others[n], size);
			return 0;
		}
		if (reg->id == KVM_REG_ARM64_SVE_VLS && cpu->is_final)
			return fail(EPERM);
		if (own_value(reg->id) && memcmp(user, cpu->others[n], size) != 0)
			return fail(EINVAL);
		memcpy(cpu->others[n], user, size);
		return 0;
	}
	return fail(ENOENT);
}

static int reg_list(struct processor *cpu, struct kvm_reg_list *list)
{
	static const uint64_t own[] = {
		REG_PC, REG_PSTATE, REG_SCTLR_EL1, REG_ELR_EL1, REG_SPSR_EL1, REG_MPIDR_EL1,
		KVM_REG_ARM_TIMER_CNT,
	};
	uint64_t room = list->n;

	if (cpu->has_sve && !cpu->is_final)
		return fail(EPERM);
	list->n = 0;
#define LIST(id) (list->n++ < room ? (void)(list->reg[list->n - 1] = (id)) : (void)0)
	for (unsigned int n = 0; n < ARRAY_SIZE(cpu->x); n++)
		LIST(REG_X(n));
	for (unsigned int n = 0; n < ARRAY_SIZE(own); n++)
		LIST(own[n]);
	if (!lacks("ptimer"))
		LIST(KVM_REG_ARM_PTIMER_CNT);
	for (unsigned int n = 0; n < NR_OTHERS; n++)
		if (has_other(cpu, n))
			LIST(others[n].id);
	return list->n > room ? fail(E2BIG) : 0;
}

static uint64_t *register_of(struct processor *cpu, uint64_t id)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(cpu->x); n++)
		if (id == REG_X(n))
			return &cpu->x[n];
	switch (id) {
	case REG_PC:		return &cpu->pc;
	case REG_PSTATE:	return &cpu->pstate;
	case REG_SCTLR_EL1:	return &cpu->sctlr;
	case REG_ELR_EL1:	return &cpu->elr;
	case REG_SPSR_EL1:	return &cpu->spsr;
	case KVM_REG_ARM_TIMER_CNT:	return &vm.counters[0];
	case KVM_REG_ARM_PTIMER_CNT:
		return lacks("ptimer") ? NULL : &vm.counters[1];
	default:		return NULL;
	}
}

static int one_reg(struct processor *cpu, unsigned long request, const struct kvm_one_reg *reg)
{
	uint64_t *user = (uint64_t *)(uintptr_t)reg->addr;
	uint64_t mpidr = 1u << 31 | (cpu->index >> 4) << 8 | (cpu->index & 15);
	uint64_t *value = reg->id == REG_MPIDR_EL1 ? &mpidr : register_of(cpu, reg->id);

	if (!value)
		return one_other(cpu, request, reg);
	if (request == KVM_GET_ONE_REG)
		*user = *value;
	else
		*value = *user;
	return 0;
}

static int stats_fd(const struct processor *cpu)
{
	static const char *const names[] = { "hvc_exit_stat", "smc_exit_stat", "smccc_denied",
		"smccc_forwarded" };
	const uint64_t values[] = { cpu->hvcs, cpu->smcs, cpu->denied, cpu->forwarded };
	struct { struct kvm_stats_desc desc; char name[48]; } descs[ARRAY_SIZE(names)] = { };
	struct kvm_stats_header header = {
		.name_size = sizeof(descs[0].name),
		.num_desc = ARRAY_SIZE(names),
		.desc_offset = sizeof(header),
		.data_offset = sizeof(header) + sizeof(descs),
	};
	int fd = new_fd("statistics", 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		descs[i].desc.offset = i * sizeof(values[0]);
		strcpy(descs[i].desc.name, names[i]);
	}
	if (pwrite(fd, &header, sizeof(header), 0) < 0 ||
	    pwrite(fd, descs, sizeof(descs), header.desc_offset) < 0 ||
	    pwrite(fd, values, sizeof(values), header.data_offset) < 0)
		abort();
	return fd;
}

/* KVM_RUN */

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * FREQUENCY + t.tv_nsec / 16;
}

static __u64 *synced(struct processor *cpu)
{
	return SYNC_REGS(cpu->run);
}

static void store_regs(struct processor *cpu)
{
	if (!lacks("sync-regs") && cpu->run->kvm_valid_regs & KVM_SYNC_ARM64_SMCCC)
		memcpy(synced(cpu), cpu->x, 18 * sizeof(cpu->x[0]));
}

/* The signal, or the flag before KVM_RUN: a signal that is blocked ends nothing */
static bool kicked(struct processor *cpu)
{
	return !cpu->is_deaf && __atomic_load_n(&cpu->run->immediate_exit, __ATOMIC_SEQ_CST);
}

void leave(int error)
{
	struct processor *cpu = self;

	cpu->exited = !error;
	swapcontext(&cpu->guest, &cpu->host);
}

static void on_guest_stack(void)
{
	guest_run();
	abort();
}

static int enter(struct processor *cpu)
{
	int error;

	if (cpu->fresh) {
		cpu->fresh = false;
		getcontext(&cpu->guest);
		if (!cpu->guest.uc_stack.ss_sp || cpu->guest.uc_stack.ss_size != STACK_BYTES)
			cpu->guest.uc_stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
							 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		cpu->guest.uc_stack.ss_size = STACK_BYTES;
		makecontext(&cpu->guest, on_guest_stack, 0);
	}
	self = cpu;
	swapcontext(&cpu->host, &cpu->guest);
	error = cpu->exited ? 0 : -EINTR;
	return error;
}

/* CPU_SUSPEND's: until an interrupt, which here is only the timer's */
static int sleep_in_kvm(struct processor *cpu)
{
	const struct timespec moment = { .tv_nsec = 100000 };

	while (!kicked(cpu)) {
		if (cpu->timer && now() >= cpu->timer) {
			cpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
			cpu->run->system_event.type = KVM_SYSTEM_EVENT_WAKEUP;
			return 0;
		}
		nanosleep(&moment, NULL);
	}
	return -EINTR;
}

static bool is_deaf(void)
{
	sigset_t mask;

	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	return sigismember(&mask, KICK);
}

/* The first KVM_RUN of a VM: x0 is the address of the device tree */
static void dump(const struct processor *cpu)
{
	const char *name = getenv("DUMP");
	char path[256];
	FILE *file;

	if (!name || cpu->index || __atomic_load_n(&vm.has_run, __ATOMIC_SEQ_CST))
		return;
	snprintf(path, sizeof(path), "%s.%u", name, vm.boots);
	file = fopen(path, "w");
	fprintf(file, "pc %#lx\ncounters %lu %lu\nsve %d\npmu %d\n", cpu->pc, vm.counters[0],
		vm.counters[1], cpu->has_sve, cpu->pmu_irq);
	if (cpu->x[0] - RAM_BASE < 16 * MIB)	/* not in a guest that comes from elsewhere */
		fwrite(vm.ram + (cpu->x[0] - RAM_BASE), 1, 0x4000, file);
	fclose(file);
}

/* Until the vCPU is to leave KVM_RUN */
static void wait_for_kick(struct processor *cpu)
{
	const struct timespec moment = { .tv_nsec = 100000 };

	while (!kicked(cpu))
		nanosleep(&moment, NULL);
}

static bool is_held(const char *what, uint64_t id)
{
	const char *held = getenv(what);

	if (!held || strtoull(held, NULL, 0) != id)
		return false;
	fprintf(stderr, "held\n");
	return true;
}

static int run(struct processor *cpu)
{
	uint64_t known = lacks("sync-regs") ? 0 : KVM_SYNC_ARM64_SMCCC;
	int error;

	if (cpu->has_sve && !cpu->is_final)
		return fail(EPERM);
	if (cpu->has_pmu && !cpu->is_counting)
		return fail(EINVAL);
	if ((cpu->run->kvm_valid_regs | cpu->run->kvm_dirty_regs) & ~known)
		return fail(EINVAL);
	if (cpu->run->exit_reason == KVM_EXIT_HYPERCALL && !cpu->fresh &&
	    is_held("HOLD_ANSWER", cpu->run->hypercall.nr))
		wait_for_kick(cpu);
	if (cpu->run->kvm_dirty_regs) {
		memcpy(cpu->x, synced(cpu), 18 * sizeof(cpu->x[0]));
		cpu->run->kvm_dirty_regs = 0;
	}
	dump(cpu);
	__atomic_store_n(&vm.has_run, true, __ATOMIC_SEQ_CST);
	cpu->is_deaf = false;
	if (kicked(cpu)) {
		store_regs(cpu);
		return fail(EINTR);
	}
	cpu->is_deaf = is_deaf();
	if (getenv("HOLD_RUN")) {
		wait_for_kick(cpu);
		error = -EINTR;
	} else if (cpu->mp_state == KVM_MP_STATE_SUSPENDED) {
		error = sleep_in_kvm(cpu);
	} else {
		error = enter(cpu);
	}
	store_regs(cpu);
	return error ? fail(-error) : 0;
}

/* What the guest does */

void guest_pause(void)
{
	struct processor *cpu = self;

	sched_yield();
	while (kicked(cpu))
		leave(EINTR);
}

static void handled(struct processor *cpu, uint32_t id)
{
	if (id == 0x84000008 || id == 0x84000009) {
		cpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
		cpu->run->system_event.type = id == 0x84000008 ? KVM_SYSTEM_EVENT_SHUTDOWN :
								 KVM_SYSTEM_EVENT_RESET;
		leave(0);
	}
	if (id == 0x87fffff0) {
		cpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		cpu->run->fail_entry.hardware_entry_failure_reason = 0x5eed;
		cpu->run->fail_entry.cpu = 3;
		leave(0);
	} else if (id == 0x87fffff1) {
		cpu->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
		cpu->run->internal.suberror = 7;
		cpu->run->internal.ndata = 2;
		cpu->run->internal.data[0] = 0xabc;
		cpu->run->internal.data[1] = 0xdef;
		leave(0);
	}
	cpu->x[0] = id == 0x80000000 ? 0x10001 : id == 0x84000000 ? 0x10001 : NOT_SUPPORTED;
}

void guest_call(bool smc)
{
	struct processor *cpu = self;
	uint32_t id = cpu->x[0];
	uint8_t action = is_reserved(id) ? KVM_SMCCC_FILTER_HANDLE : action_of(id);

	cpu->pc += 4;
	smc ? cpu->smcs++ : cpu->hvcs++;
	if (action == KVM_SMCCC_FILTER_HANDLE) {
		handled(cpu, id);
		return;
	}
	if (action == KVM_SMCCC_FILTER_DENY) {
		cpu->denied++;
		cpu->x[0] = NOT_SUPPORTED;
		memset(&cpu->x[1], 0, 3 * sizeof(cpu->x[0]));
		return;
	}
	cpu->forwarded++;
	cpu->run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&cpu->run->hypercall, 0, sizeof(cpu->run->hypercall));
	cpu->run->hypercall.nr = id;
	memcpy(cpu->run->hypercall.args, &cpu->x[1], sizeof(cpu->run->hypercall.args));
	cpu->run->hypercall.flags = smc ? KVM_HYPERCALL_EXIT_SMC : 0;
	if (is_held("HOLD_CALL", id))
		wait_for_kick(cpu);
	leave(0);
}

uint64_t guest_mmio(uint64_t addr, unsigned int len, bool is_write, uint64_t value)
{
	struct processor *cpu = self;

	cpu->run->exit_reason = KVM_EXIT_MMIO;
	cpu->run->mmio.phys_addr = addr;
	cpu->run->mmio.len = len;
	cpu->run->mmio.is_write = is_write;
	memcpy(cpu->run->mmio.data, &value, sizeof(value));
	leave(0);
	memcpy(&value, cpu->run->mmio.data, sizeof(value));
	return len < 8 ? value & ((1ull << 8 * len) - 1) : value;
}

void guest_undecoded(void)
{
	self->run->exit_reason = KVM_EXIT_ARM_NISV;
	leave(0);
}

bool irq_level(unsigned int spi)
{
	return __atomic_load_n(&vm.levels, __ATOMIC_SEQ_CST) >> spi & 1;
}

static void irq_line(const struct kvm_irq_level *irq)
{
	unsigned int spi = (irq->irq & 0xffff) - 32;

	if (irq->level)
		__atomic_fetch_or(&vm.levels, 1u << spi, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&vm.levels, ~(1u << spi), __ATOMIC_SEQ_CST);
}

static int create_vm(unsigned long type)
{
	if (type != (lacks("ipa-40") ? 36 : 0))
		return fail(EINVAL);
	vm.boots++;
	vm.counters[0] = 1000;
	vm.counters[1] = 1001;
	vm.nr = 0;
	vm.has_run = false;
	vm.levels = 0;
	vm.nr_gic = 0;
	guest_forget();
	vm_fd = new_fd("vm", 0);
	return vm_fd;
}

static int set_memory(const struct kvm_userspace_memory_region *region)
{
	vm.ram = (char *)(uintptr_t)region->userspace_addr;
	return region->userspace_addr % (2 * MIB) ? fail(EINVAL) : 0;
}

static int create_device(struct kvm_create_device *device)
{
	if (device->type == KVM_DEV_TYPE_ARM_VGIC_V3 && lacks("gicv3"))
		return fail(ENODEV);
	if (device->flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	vm.gic_type = device->type;
	gic_fd = new_fd("gic", 0);
	device->fd = gic_fd;
	return 0;
}

/* A register, as long as no vCPU is in KVM_RUN: each keeps what is written to it */
static int gic_register(unsigned long request, const struct kvm_device_attr *attr)
{
	bool is_wide = attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS;
	void *user = (void *)(uintptr_t)attr->addr;
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		if (__atomic_load_n(&cpus[i].is_running, __ATOMIC_SEQ_CST))
			return fail(EBUSY);
	for (i = 0; i < vm.nr_gic; i++)
		if (vm.gic[i].group == attr->group && vm.gic[i].attr == attr->attr)
			break;
	if (i == ARRAY_SIZE(vm.gic))
		return fail(ENOMEM);
	if (i == vm.nr_gic) {
		vm.nr_gic++;
		vm.gic[i].group = attr->group;
		vm.gic[i].attr = attr->attr;
		/* Another one in each VMM, so that what is not restored is seen */
		vm.gic[i].value = (attr->attr + getpid()) * 0x9e3779b1u;
	}
	if (request == KVM_GET_DEVICE_ATTR)
		memcpy(user, &vm.gic[i].value, is_wide ? 8 : 4);
	else
		memcpy(&vm.gic[i].value, user, is_wide ? 8 : 4);
	return 0;
}

static int gic_ioctl(unsigned long request, const struct kvm_device_attr *attr)
{
	bool is_v2 = vm.gic_type == KVM_DEV_TYPE_ARM_VGIC_V2;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_NR_IRQS || attr->group == KVM_DEV_ARM_VGIC_GRP_CTRL)
		return 0;
	if (attr->group != KVM_DEV_ARM_VGIC_GRP_ADDR)
		return gic_register(request, attr);
	if (attr->attr == KVM_VGIC_V2_ADDR_TYPE_DIST || attr->attr == KVM_VGIC_V2_ADDR_TYPE_CPU)
		return is_v2 ? 0 : fail(ENODEV);
	return is_v2 ? fail(ENODEV) : 0;
}

static int kvm_ioctl(unsigned long request, unsigned long arg)
{
	switch (request) {
	case KVM_CREATE_VM:		return create_vm(arg);
	case KVM_GET_VCPU_MMAP_SIZE:	return RUN_SIZE;
	case KVM_CHECK_EXTENSION:
		return lacks("ipa-40") ? 36 : 40;
	default:			return fail(ENOTTY);
	}
}

static int vm_ioctl_of(unsigned long request, void *arg)
{
	switch (request) {
	case KVM_CREATE_VCPU:
		return create_vcpu((unsigned long)arg);
	case KVM_CREATE_DEVICE:
		return create_device(arg);
	case KVM_CHECK_EXTENSION:
		if ((unsigned long)arg == KVM_CAP_ARM_SVE)
			return !lacks("sve");
		if ((unsigned long)arg == KVM_CAP_ARM_PMU_V3)
			return !lacks("pmu");
		return (unsigned long)arg == KVM_CAP_SYNC_REGS && !lacks("sync-regs") ?
		       KVM_SYNC_ARM64_SMCCC : 0;
	case KVM_HAS_DEVICE_ATTR:
	case KVM_SET_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
		return filter_ioctl(request, arg);
	case KVM_IRQ_LINE:
		irq_line(arg);
		return 0;
	case KVM_ARM_PREFERRED_TARGET:
		memset(arg, 0, sizeof(struct kvm_vcpu_init));
		return 0;
	case KVM_SET_USER_MEMORY_REGION:
		return set_memory(arg);
	case KVM_ENABLE_CAP:
		return 0;
	default:
		return fail(ENOTTY);
	}
}

static int pmu_ioctl(struct processor *cpu, const struct kvm_device_attr *attr)
{
	if (!cpu->has_pmu || attr->group != KVM_ARM_VCPU_PMU_V3_CTRL || gic_fd < 0)
		return fail(ENODEV);
	if (attr->attr == KVM_ARM_VCPU_PMU_V3_IRQ)
		cpu->pmu_irq = *(int *)attr->addr;
	else
		cpu->is_counting = cpu->pmu_irq;
	return attr->attr == KVM_ARM_VCPU_PMU_V3_INIT && !cpu->pmu_irq ? fail(ENXIO) : 0;
}

static int vcpu_ioctl_of(struct processor *cpu, unsigned long request, void *arg)
{
	uint32_t features;
	int ret;

	switch (request) {
	case KVM_RUN:
		__atomic_store_n(&cpu->is_running, true, __ATOMIC_SEQ_CST);
		ret = run(cpu);
		__atomic_store_n(&cpu->is_running, false, __ATOMIC_SEQ_CST);
		return ret;
	case KVM_GET_REG_LIST:
		return reg_list(cpu, arg);
	case KVM_ARM_VCPU_INIT:
		if (is_init_to_fail(cpu))
			return fail(EINVAL);
		features = ((struct kvm_vcpu_init *)arg)->features[0];
		cpu->has_sve = features >> KVM_ARM_VCPU_SVE & 1;
		cpu->has_pmu = features >> KVM_ARM_VCPU_PMU_V3 & 1;
		init_vcpu(cpu);
		if (!lacks("sync-regs"))
			cpu->run->kvm_dirty_regs = 0;
		return 0;
	case KVM_GET_ONE_REG:
	case KVM_SET_ONE_REG:
		return one_reg(cpu, request, arg);
	case KVM_ARM_VCPU_FINALIZE:
		if (!cpu->has_sve || cpu->is_final)
			return fail(EPERM);
		cpu->is_final = true;
		return 0;
	case KVM_SET_DEVICE_ATTR:
		return pmu_ioctl(cpu, arg);
	case KVM_SET_MP_STATE:
		cpu->mp_state = ((struct kvm_mp_state *)arg)->mp_state;
		return 0;
	case KVM_GET_MP_STATE:
		((struct kvm_mp_state *)arg)->mp_state = cpu->mp_state;
		return 0;
	case KVM_GET_VCPU_EVENTS:
		memset(arg, 0, sizeof(struct kvm_vcpu_events));
		return 0;
	case KVM_SET_VCPU_EVENTS:
		cpu->abort = ((struct kvm_vcpu_events *)arg)->exception.ext_dabt_pending;
		return 0;
	case KVM_GET_STATS_FD:
		return lacks("statistics") ? fail(ENOTTY) : stats_fd(cpu);
	default:
		return fail(ENOTTY);
	}
}

/* True for the request that FAIL_AT= names */
static bool is_to_fail(void)
{
	static unsigned long requests;
	const char *at = getenv("FAIL_AT");

	return at && __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST) == strtoul(at, NULL, 0);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (is_to_fail())
		return fail(EIO);
	if (fd == kvm_fd)
		return kvm_ioctl(request, (unsigned long)arg);
	if (fd == vm_fd)
		return vm_ioctl_of(request, arg);
	if (fd == gic_fd)
		return gic_ioctl(request, arg);
	for (unsigned int i = 0; i < nr_cpus; i++)
		if (fd == cpus[i].fd)
			return vcpu_ioctl_of(&cpus[i], request, arg);
	return __real_ioctl(fd, request, arg);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reference VMM: what its files share.
 *
 * Locking: machine.lock protects everything that more than one thread uses,
 * save the serial port, which has a lock of its own. Services are called with
 * machine.lock held.
 */
#ifndef VMM_H
#define VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "map.h"

/* Where the headers are of Linux 6.4 or later, and know the filter alone */
#ifdef KVM_SYNC_ARM64_SMCCC
#define SYNC_REGS(run)	((run)->s.regs.smccc_regs)
#else
#define KVM_SYNC_ARM64_SMCCC	(1ul << 30)
#define SYNC_REGS(run)	((__u64 *)((run)->s.padding + sizeof((run)->s.padding)) - 18)
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MIB		(1024ul * 1024)

#define MAX_VCPUS	64
#define MAX_FILTERS	64

#define AFFINITY_BITS	0xff00fffffful	/* of MPIDR_EL1 */
#define SCTLR_SPAN	(1ul << 23)
#define SCTLR_EE	(1ul << 25)
#define SCTLR_DSSBS	(1ul << 44)

#define PSTATE_EL1H_DAIF 0x3c5ul
#define PSTATE_SSBS	(1ul << 12)
#define PSTATE_PAN	(1ul << 22)
#define PSTATE_DIT	(1ul << 24)
#define PSTATE_NZCV	(0xful << 28)

/* The program's exit status */
enum { EXIT_BAD_INPUT = 1, EXIT_NO_FILTER = 2 };

enum psci_where { PSCI_AUTO, PSCI_USER, PSCI_KERNEL };

struct options {
	const char *kernel, *initrd, *append, *control;
	uint64_t memory;		/* in bytes */
	unsigned int cpus;		/* plugged at the start */
	unsigned int max_cpus;
	bool smc;			/* conduit of the guest's PSCI and SDEI */
	enum psci_where psci;
	bool trace, verbose, show_filter;
	bool no_sync_regs;		/* KVM_GET_ONE_REG and _SET_ even so */
	struct kvm_smccc_filter filters[MAX_FILTERS];
	unsigned int nr_filters;
};

/* As PSCI's AFFINITY_INFO counts them, DEN0022 5.1.8 */
enum power { POWER_ON, POWER_OFF, POWER_ON_PENDING };

/* Where a vCPU starts, DEN0022 6.4 */
struct entry {
	uint64_t pc, x0;
	bool big_endian;
};

struct vcpu {
	struct machine *machine;
	unsigned int index;
	uint64_t mpidr;			/* affinity fields only */
	int fd;
	struct kvm_run *run;
	struct kvm_vcpu_init init;
	pthread_t thread;
	pthread_cond_t wake;
	bool plugged;			/* policy: CPU_ON may succeed */
	enum power power;
	struct entry entry;		/* for POWER_ON_PENDING and powerdown */
	bool suspended, powerdown;	/* by CPU_SUSPEND */
};

enum stop { STOP_NONE, STOP_OFF, STOP_RESET };

struct machine {
	const struct options *options;
	pthread_mutex_t lock;
	int kvm, vm, gic;
	void *ram;
	size_t run_size;
	bool services;			/* PSCI and the others are ours, not KVM's */
	bool sync_regs;			/* x0-x17 come and go with KVM_RUN */
	enum stop stop;
	unsigned int nr_vcpus;
	struct vcpu vcpus[MAX_VCPUS];
	/* The kernel's counts, of VMs that are gone; by_filter if it has the last three */
	bool by_filter;
	uint64_t hvc_exits, smc_exits, forwarded, denied;
};

/* A call that the kernel forwarded */
struct call {
	uint32_t id;
	bool smc;
	uint64_t x[7];		/* x1-x6 as far as the function has arguments */
	unsigned int results;	/* of x1-x3, how many the answer has besides x0 */
	bool is_data;		/* x0 is a value, and no error even if it looks like one */
	bool done;		/* no answer: the vCPU is off, asleep or elsewhere */
};

struct function {
	uint32_t id;
	const char *name;
	/*
	 * A letter for each argument: 'w', 32 bits wide be the call SMC32 or SMC64,
	 * or 'x', as wide as the call
	 */
	const char *arguments;
	/* Returns x0; NULL: known by name, and not supported */
	int64_t (*call)(struct vcpu *vcpu, struct call *call);
};

struct answer {
	int64_t value;
	const char *name;
};

/* A service is all that the rest of the VMM knows of a specification */
struct service {
	const char *name;
	struct { uint32_t base, nr; } ranges[2];
	const struct function *functions;	/* up to one without a name */
	const struct answer *answers;		/* the same; negative ones refuse */
	/* Optional, each with machine.lock held */
	void (*machine_reset)(struct machine *machine);
	void (*vcpu_reset)(struct vcpu *vcpu);	/* is about to start at an entry */
	void (*vcpu_off)(struct vcpu *vcpu);	/* went off by itself */
	void (*vcpu_kicked)(struct vcpu *vcpu);	/* between two guest instructions */
};

extern const struct service psci_service, sdei_service, trng_service, tee_service;

/* main.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* options.c */
void parse_options(struct options *options, int argc, char **argv);
bool parse_number(const char *text, uint64_t max, uint64_t *value, const char **end);

/* machine.c */
void machine_start(struct machine *machine);
enum stop machine_wait(struct machine *machine);
void machine_stop(struct machine *machine, enum stop stop);
bool machine_has_ram(struct machine *machine, uint64_t addr, uint64_t size);
struct vcpu *machine_vcpu(struct machine *machine, uint64_t mpidr);
int vm_ioctl(struct machine *machine, unsigned long request, const char *name, void *arg);

/* image.c */
uint64_t load_images(struct machine *machine, uint64_t *dtb);

/* fdt.c */
void make_fdt(struct machine *machine, void *fdt, size_t size, uint64_t initrd,
	      uint64_t initrd_size);

/* serial.c */
void serial_start(struct machine *machine);
void serial_stop(void);
void serial_mmio(uint64_t offset, bool is_write, void *data, unsigned int len);

/* vcpu.c */
void vcpu_create(struct vcpu *vcpu);
void vcpu_start(struct vcpu *vcpu);
void vcpu_reset(struct vcpu *vcpu, const struct entry *entry);
void vcpu_kick(struct vcpu *vcpu);
void vcpu_power_on(struct vcpu *vcpu, const struct entry *entry);
void vcpu_power_off(struct vcpu *vcpu);
uint64_t exception_pstate(struct vcpu *vcpu, uint64_t interrupted);
void vcpu_mp_state(struct vcpu *vcpu, uint32_t state);
uint64_t vcpu_get(struct vcpu *vcpu, uint64_t reg);
void vcpu_set(struct vcpu *vcpu, uint64_t reg, uint64_t value);
uint64_t vcpu_argument(struct vcpu *vcpu, unsigned int n);
void vcpu_answer(struct vcpu *vcpu, const uint64_t *x, unsigned int nr);

#define CORE_REG(name)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			 KVM_REG_ARM_CORE_REG(name))
#define REG_X(n)	CORE_REG(regs.regs[n])
#define REG_PC		CORE_REG(regs.pc)
#define REG_PSTATE	CORE_REG(regs.pstate)
#define REG_ELR_EL1	CORE_REG(elr_el1)
#define REG_SPSR_EL1	CORE_REG(spsr[0])
#define REG_SCTLR_EL1	ARM64_SYS_REG(3, 0, 1, 0, 0)
#define REG_MPIDR_EL1	ARM64_SYS_REG(3, 0, 0, 0, 5)

/* filter.c */
bool filter_exists(struct machine *machine);
void filter_set(struct machine *machine, const struct kvm_smccc_filter *filter,
		const char *owner);
void filter_show(struct machine *machine);
bool filter_parse(const char *text, struct kvm_smccc_filter *filter);

/* services.c */
void services_set_filter(struct machine *machine);
void services_reset(struct machine *machine);
void services_vcpu_reset(struct vcpu *vcpu);
void services_vcpu_off(struct vcpu *vcpu);
void services_vcpu_kicked(struct vcpu *vcpu);
void services_call(struct vcpu *vcpu);
void services_table(struct machine *machine);

/* sdei.c: raise an event as the platform's firmware would; NULL or the reason why not */
const char *sdei_raise(struct machine *machine, uint32_t event, struct vcpu *vcpu);

/* stats.c */
bool vcpu_stat(struct vcpu *vcpu, const char *name, uint64_t *sum);

/* control.c */
void control_start(struct machine *machine);
int control_client(int argc, char **argv);

#endif

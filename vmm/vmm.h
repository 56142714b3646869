/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reference VMM: what its files share. Each file uses only functions of files that
 * stand below it in this list.
 *
 * Locking: machine.lock protects what more than one thread uses, save the serial
 * port, which has a lock of its own. Nothing is printed, no file is read and no vCPU is
 * reset while machine.lock is held: a reader that is slow, or a CPU that takes long,
 * delays nobody else.
 */
#ifndef VMM_H
#define VMM_H

#include <pthread.h>

#include <linux/kvm.h>

#include "map.h"
#include "service.h"

/* Where the headers are of Linux 6.4 or later, and know the filter alone */
#ifdef KVM_SYNC_ARM64_SMCCC
#define SYNC_REGS(run)	((run)->s.regs.smccc_regs)
#else
#define KVM_SYNC_ARM64_SMCCC	(1ul << 30)
#define SYNC_REGS(run)	((__u64 *)((run)->s.padding + sizeof((run)->s.padding)) - 18)
#endif

#define MIB		(1024ul * 1024)

#define MAX_FILTERS	64
#define MAX_DEVICES	1
#define KICK		SIGUSR1		/* the signal that ends KVM_RUN */

/* The program's exit status, besides 0, power off, and 128 + a signal that ended it */
enum { EXIT_BAD_INPUT = 1, EXIT_NO_FILTER = 2, EXIT_RESET = 3, EXIT_CRASH = 4 };

enum psci_where { PSCI_AUTO, PSCI_USER, PSCI_KERNEL };

struct options {
	const char *kernel, *initrd, *append, *control;
	unsigned int memory_mib;
	uint64_t memory;		/* the same in bytes */
	unsigned int cpus;		/* plugged at the start */
	unsigned int max_cpus;
	unsigned int smc;		/* conduit of the guest's PSCI and SDEI */
	enum psci_where psci;
	bool trace, verbose, show_filter;
	bool no_sync_regs;		/* KVM_GET_ONE_REG and _SET_ even so */
	bool no_reboot;			/* a reset of the guest ends the program */
	struct kvm_smccc_filter filters[MAX_FILTERS];
	unsigned int nr_filters;
};

/* A device whose registers are the VMM's; any vCPU's thread may call access() */
struct device {
	uint64_t base, size;		/* guest physical, in bytes */
	/* @offset is less than size, @len up to 8; what is read goes into @data */
	void (*access)(uint64_t offset, bool is_write, void *data, unsigned int len);
};

/* A vCPU's thread has it to itself, save what a kick touches and what is said */
struct vcpu {
	struct machine *machine;
	struct view view;
	int fd;
	struct kvm_run *run;
	struct kvm_vcpu_init init;
	int first_cpu;			/* of the host, on which it was first reset */
	pthread_t thread;
	pthread_cond_t wake;
	struct entry entry;		/* under the lock: where POWER_ON_PENDING starts */
	bool suspended, powerdown;	/* by SUSPEND */
};

struct machine {
	const struct options *options;
	pthread_mutex_t lock;
	int kvm, vm, gic;
	bool gicv2;			/* the host has no GICv3 to lend */
	void *ram, *mapping;		/* ram is aligned for huge pages */
	size_t run_size;
	bool again;			/* after a reset: what has been said is not said again */
	bool services;			/* PSCI and the others are ours, not KVM's */
	bool sync_regs;			/* x0-x17 come and go with KVM_RUN */
	const struct device *devices[MAX_DEVICES];
	enum stop stop;			/* under the lock; not STOP_NONE: being made, or ending */
	unsigned int nr_vcpus;
	struct cpu cpus[MAX_VCPUS];	/* under the lock; vcpu.c alone changes power */
	struct vcpu vcpus[MAX_VCPUS];
	/* The kernel's counts, of VMs that are gone; by_filter if it has the last three */
	bool by_filter;
	uint64_t hvc_exits, smc_exits, forwarded, denied;
};

/* options.c: fills @options, or prints why not and ends the program */
void parse_options(struct options *options, int argc, char **argv);

/* control.c: the thread of --control; "vmm control", which returns an exit status */
void control_start(struct machine *machine);
int control_client(int argc, char **argv);

/* machine.c: one VM from its making to its end; not with machine.lock held */
void machine_start(struct machine *machine);
enum stop machine_wait(struct machine *machine);

/* vcpu.c */
void vcpu_create(struct vcpu *vcpu);		/* before machine.lock is used */
void vcpu_start_pmu(struct vcpu *vcpu);		/* the same, and after the GIC */
bool vcpu_has_pmu(const struct vcpu *vcpu);
void vcpu_start(struct vcpu *vcpu);		/* its thread; with machine.lock held */
void vcpu_power_on(struct vcpu *vcpu, const struct entry *entry);	/* the same */

/* call.c: one forwarded call, and the functions in the order in which vcpu.c calls them */
struct served {
	struct call call;
	unsigned int service;
	const struct function *function;
	struct outcome outcome;
};

void call_read(struct vcpu *vcpu, struct served *served);
bool call_serve(struct vcpu *vcpu, struct served *served);	/* with machine.lock held */
void call_answer(struct vcpu *vcpu, const struct served *served);

/* call.c: all services; the hooks with machine.lock held */
void services_set_filter(struct machine *machine);
void services_hook(enum hook hook, const struct view *view);
void services_table(struct machine *machine);

/* view.c, besides service.h's: the registers of the calling thread's own vCPU */
void vcpu_ioctl(struct vcpu *vcpu, unsigned long request, const char *name, void *arg);
uint64_t view_argument(const struct view *view, unsigned int n);
void view_answer(const struct view *view, const uint64_t *x, unsigned int nr);

/* image.c: returns the address to start at; @dtb is the guest's x0 there */
uint64_t load_images(struct machine *machine, uint64_t *dtb);

/* fdt.c: writes the device tree into @size bytes at @fdt */
void make_fdt(struct machine *machine, void *fdt, size_t size, uint64_t initrd,
	      uint64_t initrd_size);

/* serial.c: the guest's console; start and stop from the main thread */
extern const struct device serial_device;
void serial_start(struct machine *machine);
void serial_stop(void);
void serial_continue(void);	/* the program may be in the foreground now */

/* terminal.c: standard input, where it is a terminal */
void terminal_start(void);
void terminal_continue(void);
bool terminal_may_read(void);
size_t terminal_keys(uint8_t *data, size_t size);

/* filter.c: the kernel's SMCCC filter, before any vCPU has run */
bool filter_exists(struct machine *machine);
void filter_set(struct machine *machine, const struct kvm_smccc_filter *filter,
		const char *owner);
void filter_show(struct machine *machine);
bool filter_parse(const char *text, struct kvm_smccc_filter *filter);

/* host.c: warns of a host with more than one kind of CPU */
void host_check(void);

/* stats.c: adds a count to @sum; false if the kernel has none of that name */
bool vcpu_stat(struct vcpu *vcpu, const char *name, uint64_t *sum);

/* util.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
const char *reason(int error);
void print_or_die(const char *text);
void start_thread(pthread_t *thread, void *(*run)(void *), void *arg, const char *name);
bool parse_number(const char *text, uint64_t max, uint64_t *value, const char **end);
int vm_ioctl(struct machine *machine, unsigned long request, const char *name, void *arg);

#endif

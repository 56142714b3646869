/* SPDX-License-Identifier: GPL-2.0 OR MIT */
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
#define MAX_RANGES	(MAX_FILTERS + 16)	/* with those of the services */
#define MAX_LOSSES	32
#define KICK		SIGUSR1		/* the signal that ends KVM_RUN */

/* The program's exit status, besides 0, power off, and 128 + a signal that ended it */
enum { EXIT_BAD_INPUT = 1, EXIT_NO_FILTER = 2, EXIT_RESET = 3, EXIT_CRASH = 4 };

enum psci_where { PSCI_AUTO, PSCI_USER, PSCI_KERNEL };

struct options {
	const char *kernel, *initrd, *append, *control;
	const char *restore;		/* the file with the guest */
	unsigned int memory_mib;
	uint64_t memory;		/* the same in bytes */
	unsigned int cpus;		/* plugged at the start */
	unsigned int max_cpus;
	unsigned int smc;		/* conduit of the guest's PSCI and SDEI */
	enum psci_where psci;
	bool trace, verbose, show_filter;
	bool no_sync_regs;		/* KVM_GET_ONE_REG and _SET_ even so */
	bool no_reboot;			/* a reset of the guest ends the program */
	unsigned int compatible;	/* its guest can move to such hosts */
	const char *losses[MAX_LOSSES];	/* registers that may differ */
	unsigned int nr_losses;
	uint32_t features;		/* of the guest of --restore: KVM_ARM_VCPU_* bits */
	uint64_t vector_lengths[8];	/* the same: SVE's */
	bool gicv2;			/* the same */
	struct kvm_smccc_filter filters[MAX_RANGES];
	unsigned int nr_filters;
};

/* Registers that are the VMM's; any vCPU's thread may access them, up to 8 bytes at a time */
struct device {
	uint64_t base, size;		/* guest physical, in bytes */
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
	struct standing {		/* what moves; bytes of a file are not bool */
		struct entry entry;	/* under the lock: where POWER_ON_PENDING starts */
		uint8_t suspended, powerdown;	/* by SUSPEND */
		uint8_t has_call;	/* at the exit of a call that nobody has served yet */
		uint8_t kicked;		/* under the lock: by a service */
	} is;
	bool at_rest;			/* under the lock: the thread waits, and touches nothing */
};

struct machine {
	const struct options *options;
	pthread_mutex_t lock;
	int kvm, vm, gic;
	bool gicv2;			/* the host has no GICv3 to lend */
	void *ram, *mapping;		/* ram is aligned for huge pages */
	int run_size;
	bool again;			/* after a reset: what has been said is not said again */
	bool services;			/* PSCI and the others are ours, not KVM's */
	bool sync_regs;			/* x0-x17 come and go with KVM_RUN */
	enum stop stop;			/* under the lock; not STOP_NONE: being made, or ending */
	bool pausing;			/* under the lock: no vCPU is to run */
	pthread_cond_t rested;		/* one more is at rest */
	unsigned int nr_vcpus;
	struct cpu cpus[MAX_VCPUS];	/* under the lock; vcpu.c alone changes power */
	struct vcpu vcpus[MAX_VCPUS];
	/* The kernel's counts, of VMs that are gone; by_filter if it has the last three */
	struct kernel_counts {
		uint64_t by_filter, hvc_exits, smc_exits, forwarded, denied;
	} counts;
};

/* Bytes that grow as they are put, or that are taken from the front. The first error stays */
struct buffer {
	uint8_t *data;
	size_t size, at, room;
	char error[256];
};

/* A part of a guest that moves, out of its machine or into a new one; or of a vCPU of it */
typedef void state_fn(struct machine *machine, struct buffer *buffer);
typedef void vcpu_state_fn(struct vcpu *vcpu, struct buffer *buffer);

/* options.c: fills @options, or prints why not and ends the program */
void parse_options(struct options *options, int argc, char **argv);

/* control.c: the thread of --control; "vmm control", which returns an exit status */
void control_start(struct machine *machine);
int control_client(int argc, char **argv);

/*
 * snapshot.c: the whole guest into a file and out of it. While it is written, @report
 * is told how far it is, and returns false if nobody wants it any more. Returns NULL, or why
 * the guest goes on.
 */
typedef bool report_fn(void *arg, unsigned int percent);
const char *snapshot_save(struct machine *machine, const char *path, report_fn *report, void *arg);
void snapshot_open(struct options *options);	/* fills @options with what the guest has */
void snapshot_load(struct machine *machine);

/*
 * machine.c: one VM from its making to its end; not with machine.lock held. What is
 * made boots or has its state loaded, and then starts.
 */
void machine_create(struct machine *machine);
void machine_boot(struct machine *machine);
void machine_start(struct machine *machine);
enum stop machine_wait(struct machine *machine);
bool machine_pause(struct machine *machine);
void machine_resume(struct machine *machine);
void machine_counts(struct machine *machine, struct kernel_counts *counts);

/* vcpu.c */
void vcpu_create(struct machine *machine, unsigned int index);	/* before lock is used */
void vcpu_start(struct vcpu *vcpu);		/* its thread; with machine.lock held */
void vcpu_power_on(struct vcpu *vcpu, const struct entry *entry);	/* the same, or before */
void vcpus_stop(struct machine *machine, enum stop stop);	/* with machine.lock held */
bool vcpus_end(struct machine *machine, enum stop stop);	/* without; returns false */

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

/* call.c: all services; the hooks with machine.lock held, the others when no vCPU runs */
void services_set_filter(struct machine *machine);
void services_hook(enum hook hook, const struct view *view);
void services_reset(void);
void services_table(struct machine *machine);
state_fn services_save, services_load;

/* view.c, besides service.h's: the registers of the calling thread's own vCPU */
void vcpu_ioctl(struct vcpu *vcpu, unsigned long request, const char *name, void *arg);
/* KVM_GET_ or KVM_SET_ONE_REG of a register of any size; returns 0, or -1 with errno */
int vcpu_one_reg(struct vcpu *vcpu, unsigned long request, uint64_t id, void *value);
uint64_t view_argument(const struct view *view, unsigned int n);
void view_answer(const struct view *view, const uint64_t *x, unsigned int nr);

/* image.c: returns the address to start at; @dtb is the guest's x0 there */
uint64_t load_images(struct machine *machine, uint64_t *dtb);

/* fdt.c: writes the device tree into @size bytes at @fdt */
void make_fdt(struct machine *machine, void *fdt, size_t size, uint64_t initrd,
	      uint64_t initrd_size);

/*
 * archive.c: a file with the @state of a guest and its memory. Writing returns NULL or
 * what went wrong, and nothing is left; reading ends the program with one line.
 */
const char *archive_write(const char *path, const struct buffer *state, const void *ram,
			  size_t memory, report_fn *report, void *arg);
size_t archive_open(const char *path, struct buffer *state);	/* all of it; returns memory */
void archive_load(void *ram, size_t memory);
void archive_remove(void);	/* the guest is here now, and nowhere else */

/* registers.c: all that the kernel lists of vCPUs at rest */
void registers_limit(struct vcpu *vcpu);	/* to what --compatible names */
vcpu_state_fn registers_save, registers_load;

/* rules.c: which registers may differ between two hosts */
struct rule {
	uint64_t id;		/* as KVM has it */
	const char *name;
	bool may_lack;		/* the other host need not list it, */
	uint64_t if_clear;	/* if these bits of it are 0 */
	uint64_t may_differ;	/* the bits that may have another value there */
	uint64_t limited;	/* a field or a bitmap, of which a host of --compatible has */
	uint64_t most;		/* that much */
};

extern const struct rule rules[];	/* up to one that is empty: that of all others */
const struct rule *rule_of(const struct machine *machine, uint64_t id);
bool is_bitmap(uint64_t id);				/* of services that KVM offers the guest */
const char *register_name(uint64_t id, char name[64]);

/* gic.c */
void gic_create(struct machine *machine);	/* after all vCPUs */
state_fn gic_save, gic_load;

/* serial.c: the guest's console. Stopping writes out all that there is */
extern const struct device serial_device;
void serial_start(struct machine *machine);
void serial_stop(void);
void serial_restart(void);
state_fn serial_save, serial_load;	/* of one that is stopped; before serial_start() */
void serial_reset(void);		/* the same */
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
int filter_read(struct machine *machine, struct kvm_smccc_filter *ranges, unsigned int room);
bool filter_parse(const char *text, struct kvm_smccc_filter *filter);

/* features.c: warns of a host with more than one kind of CPU */
void host_check(void);

/* features.c: what vCPUs have, in the order of their making */
void features_choose(struct vcpu *vcpu);
void features_finalize(struct vcpu *vcpu);
void vcpu_start_pmu(struct vcpu *vcpu);
bool vcpu_has(const struct vcpu *vcpu, int feature);	/* KVM_ARM_VCPU_* */

/* util.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
const char *reason(int error);
void print_or_die(const char *text);
void append(struct buffer *to, const void *from, size_t size);
void take(struct buffer *from, void *to, size_t size);
void bad(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void start_thread(pthread_t *thread, void *(*run)(void *), void *arg, const char *name);
bool parse_number(const char *text, uint64_t max, uint64_t *value, const char **end);
int vm_ioctl(struct machine *machine, unsigned long request, const char *name, void *arg);
/* KVM_HAS_, KVM_GET_ or KVM_SET_DEVICE_ATTR; returns 0, or -1 with errno */
int device_attr(int fd, unsigned long request, uint32_t group, uint64_t attr, void *value);

#endif

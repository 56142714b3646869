/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMM without an Arm machine: kvm.c stands in for the kernel, and the guest is
 * C of the build machine, which makes its calls through guest.c. Each vCPU's guest
 * runs on a stack of its own in the thread that is in KVM_RUN.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include <linux/kvm.h>

#define MAX_CPU		64
#define NR_OTHERS	16

/* Where a vCPU can be sent: guest.c knows what to do there */
#define AT_START	0x80000000ul
#define AT_SECONDARY	0x80300000ul
#define AT_EVENT	0x80310000ul
#define AT_RESUME	0x80320000ul

struct processor {
	unsigned int index;
	int fd;
	struct kvm_run *run;		/* the kernel's mapping of it */
	uint64_t x[31], pc, pstate, sctlr, elr, spsr;
	uint64_t timer;			/* when it fires, 0: never */
	uint8_t others[NR_OTHERS][256];	/* registers that the VMM reads and writes alone */
	bool is_running;		/* in KVM_RUN */
	uint32_t mp_state;
	bool has_sve, is_final;
	bool has_pmu, is_counting;	/* the guest has one; it is ready */
	int pmu_irq;
	unsigned int inits;		/* KVM_ARM_VCPU_INITs so far */
	bool fresh;			/* was reset, and did not run yet */
	bool exited;			/* KVM_RUN returned something to complete */
	bool is_deaf;			/* the thread in KVM_RUN blocks the kick */
	bool abort;			/* an external abort is pending */
	ucontext_t host, guest;
	uint64_t hvcs, smcs, forwarded, denied;
};

extern __thread struct processor *self;	/* the one that this thread runs */

/* guest.c: runs on the vCPU's own stack until the vCPU is reset or for ever */
void guest_run(void);
/* guest.c: its memory is that of a new VM */
void guest_forget(void);

/* kvm.c, for the guest: each returns when KVM_RUN has been called again */
void leave(int error);			/* from KVM_RUN, with that errno or 0 */
void guest_call(bool smc);		/* HVC or SMC with x0-x17 of self */
uint64_t guest_mmio(uint64_t addr, unsigned int len, bool is_write, uint64_t value);
void guest_undecoded(void);		/* an access that KVM cannot decode */
void guest_pause(void);			/* let others have their turn, and KVM_RUN its end */
bool irq_level(unsigned int spi);
uint64_t now(void);			/* in ticks of the counter */

#define FREQUENCY	62500000ul

#endif

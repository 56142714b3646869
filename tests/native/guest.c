// SPDX-License-Identifier: GPL-2.0
/*
 * What start.S and the CPU are to the guests of tests/guest/bare: they run here
 * unchanged, as C of the build machine.
 */
#include <stdlib.h>
#include <string.h>

#include "../guest/bare/bare.h"
#include "native.h"

#define SPSEL		1ul
#define DAIF		0x3c0ul
#define NZCV		0xf0000000ul
#define SSBS		(1ul << 12)
#define PAN		(1ul << 22)
#define DIT		(1ul << 24)

extern char __start_guest_memory[], __stop_guest_memory[];

void guest_forget(void)
{
	memset(__start_guest_memory, 0, __stop_guest_memory - __start_guest_memory);
}

/* There is no AArch32 here, which id_aa64pfr0_el1 says */
char far_event[1], far_leave[1], far_end[1];
void run_aarch32(void) { }

static void call_out(bool smc);

/* An SDEI handler, and what it interrupts when it goes on elsewhere, as in start.S */
static void run_event(void)
{
	u64 to;

	self->pc += 4;		/* it has begun */
	event_nzcv = self->pstate & NZCV;
	to = on_event(self->x[0], self->x[1], self->x[2], self->x[3]);
	self->x[0] = to ? 0xc4000026 : 0xc4000025;
	self->x[1] = to;
	call_out(false);
	if (self->pc != AT_RESUME)
		return;
	resumed[0] = self->elr;
	resumed[1] = self->spsr;
	resumed[2] = self->pstate & DAIF;
	resumed[3] = self->pstate & NZCV;
	resumed[4] = self->pstate & DIT;
	resumed[5] = self->pstate & SSBS;
	resumed[6] = self->pstate & PAN;
	self->pc = self->elr;
	self->pstate = self->spsr;
}

/* KVM_RUN has been called again: what did the VMM make of the vCPU? */
static void look(u64 pc)
{
	if (self->abort) {
		self->abort = false;
		self->pc = on_exception(0x25ul << 26 | 0x10, pc);
	}
	while (self->pc == AT_EVENT)
		run_event();
}

/* Between two instructions: an event may come here */
static void moment(void)
{
	u64 pc = self->pc;

	guest_pause();
	look(pc);
}

static void call_out(bool smc)
{
	moment();
	guest_call(smc);
	look(self->pc);
}

void guest_run(void)
{
	void (*function)(void) = (void (*)(void))self->x[0];

	if (self->pc == AT_SECONDARY) {
		seen_sctlr[self->index] = self->sctlr;
		self->sctlr &= ~(u64)SCTLR_EE;
		function();
		cpu_off();
	} else {
		self->pc = AT_START;
		main();
		system_off();
	}
	/* There is no way to go on */
	print("not ok - CPU %d ran on after its end\n", (u64)self->index);
	for (;;)
		guest_pause();
}

static void smccc(struct regs *regs, bool smc)
{
	memcpy(self->x, regs->x, sizeof(regs->x));
	self->pstate = (self->pstate & ~NZCV) | regs->nzcv;
	call_out(smc);
	memcpy(regs->x, self->x, sizeof(regs->x));
	regs->nzcv = self->pstate & NZCV;
}

void smccc_hvc(struct regs *regs) { smccc(regs, false); }
void smccc_smc(struct regs *regs) { smccc(regs, true); }

s64 big_endian_hvc(u64 x0, u64 x1, u64 x2, u64 x3)
{
	struct regs regs = { .x = { x0, x1, x2, x3 } };

	self->sctlr |= SCTLR_EE;
	smccc(&regs, false);
	self->sctlr &= ~(u64)SCTLR_EE;
	return regs.x[0];
}

/* The fields of PSTATE that have a name of their own */
static u64 field_of(const char *name)
{
	if (!strcmp(name, "S3_3_C4_C2_5"))
		return DIT;
	if (!strcmp(name, "S3_3_C4_C2_6"))
		return SSBS;
	if (!strcmp(name, "S3_0_C4_C2_3"))
		return PAN;
	return 0;
}

u64 native_sysreg(const char *name)
{
	if (field_of(name))
		return self->pstate & field_of(name);
	if (!strcmp(name, "sctlr_el1"))
		return self->sctlr;
	if (!strcmp(name, "id_aa64pfr1_el1"))
		return 2 << 4;
	if (!strcmp(name, "id_aa64mmfr1_el1"))
		return 1 << 20;
	if (!strcmp(name, "mpidr_el1"))
		return 1u << 31 | self->index;
	if (!strcmp(name, "cntfrq_el0"))
		return FREQUENCY;
	if (!strcmp(name, "daif"))
		return self->pstate & DAIF;
	if (!strcmp(name, "spsel"))
		return self->pstate & SPSEL;
	if (!strcmp(name, "id_aa64pfr0_el1"))
		return 1ull << 48 | 0x11;	/* DIT; AArch64 alone */
	if (strcmp(name, "cntvct_el0") != 0)
		abort();
	moment();
	return now();
}

void native_set_sysreg(const char *name, u64 value)
{
	static __thread u64 cval;

	if (!strcmp(name, "daif"))
		self->pstate = (self->pstate & ~DAIF) | value;
	else if (field_of(name))
		self->pstate = (self->pstate & ~field_of(name)) | value;
	else if (!strcmp(name, "sctlr_el1"))
		self->sctlr = value;
	else if (!strcmp(name, "cntv_cval_el0"))
		cval = value;
	else if (!strcmp(name, "cntv_ctl_el0"))
		self->timer = value & 1 ? cval : 0;
}

void native_relax(void) { moment(); }

static u64 mmio(u64 addr, unsigned int len, bool is_write, u64 value)
{
	moment();
	value = guest_mmio(addr, len, is_write, value);
	look(self->pc);
	return value;
}

/* The interrupt controller is in the kernel: its registers are no exit */
u32 read32(u64 addr)
{
	if (addr >= SERIAL_BASE)
		return mmio(addr, 4, false, 0);
	return addr == GIC_DIST_BASE + 0x204 && irq_level(SERIAL_SPI) ? 1u << SERIAL_SPI : 0;
}

void write32(u64 addr, u32 value)
{
	if (addr >= SERIAL_BASE)
		mmio(addr, 4, true, value);
}

void load64(u64 addr) { mmio(addr, 8, false, 0); }
void store8(u64 addr) { mmio(addr, 1, true, 0); }

void load_pair(u64 addr)
{
	(void)addr;
	moment();
	guest_undecoded();
	look(self->pc);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Calls with ids and arguments that mean nothing, or nearly something, from all
 * CPUs at once, by both conduits; and accesses to where nothing is. What the
 * guest may not do is ask for its own end. Takes all CPUs that it can turn on.
 */
#include "bare.h"

#define CALLS		25000		/* on each CPU */

#define CPU_SUSPEND	1
#define CPU_OFF		2
#define CPU_ON		3
#define SYSTEM_OFF	8
#define SYSTEM_RESET	9
#define SYSTEM_RESET2	18
#define SYSTEM_OFF2	21
#define SDEI_REGISTER	0xc4000021
#define SDEI_ENABLE	0xc4000022
#define SDEI_UNMASK	0xc400002c
#define SDEI_SIGNAL	0xc400002f

static u64 seed, events, aborts, nr_cpus = 1;
static struct {
	u64 state, calls, not_supported, refused, answered, done;
} cpus[MAX_CPUS];

u64 on_event(u64 event, u64 argument, u64 pc, u64 pstate)
{
	(void)event;
	(void)argument;
	(void)pc;
	(void)pstate;
	WRITE_ONCE(events, READ_ONCE(events) + 1);
	return 0;
}

/* A data abort of ours, on purpose: go on after the instruction */
u64 on_exception(u64 esr, u64 elr)
{
	/* Bits above 31 are not zero: 6.1 makes the syndrome of an int */
	if ((u32)esr >> 26 != 0x25) {
		print("not ok - exception %x at %x\n", esr, elr);
		system_off();
	}
	WRITE_ONCE(aborts, READ_ONCE(aborts) + 1);
	return elr + 4;
}

static u64 any_id(u64 *state)
{
	static const u32 bases[] = { 0x84000000, 0xc4000000, 0x84000020, 0xc4000020, 0x84000050,
		0xc4000050, 0xb2000000, 0xbf00ff00, 0xf2000000, 0xc3000000, 0x80000000, 0xc0000000,
		0x86000000, 0xc6000020, 0x85000000, 0x95c1ba5e };
	u64 r = random(state);

	if (r % 4 == 0)
		return random(state);
	return (r & 0xffffffff00000000) * (r >> 20 & 1) + bases[r >> 8 & 15] + (r >> 12 & 31);
}

static u64 any_argument(u64 *state)
{
	static const u64 values[] = { 0,
				      1,
				      2,
				      3,
				      4,
				      7,
				      8,
				      64,
				      192,
				      193,
				      0x40000000,
				      0x40000001,
				      0x40000002,
				      0x100000000,
				      0x80000000,
				      0x84000003,
				      0xc4000003,
				      ~0ull,
				      0x8000000000000000,
				      0x09000000,
				      0x08000000,
				      RAM_BASE - 4,
				      RAM_BASE + 2,
				      0x10000 };
	u64 r = random(state);

	return r % 3 ? values[(r >> 8) % ARRAY_SIZE(values)] : random(state);
}

/*
 * What would, by right, end this guest, take a CPU away from it, or start one that was
 * plugged meanwhile where it does not expect it
 */
static bool is_end(u32 id, const struct regs *regs)
{
	u32 psci = id & ~(1u << 30);

	if (psci - 0x84000000u > 0x1f)
		return false;
	psci &= 0x1f;
	return (psci == CPU_SUSPEND && !(regs->x[1] & 0xfffe0000)) || psci == CPU_OFF ||
	       (psci == CPU_ON && (u32)regs->x[2] >= RAM_BASE && regs->x[2] % 4 == 0) ||
	       psci == SYSTEM_OFF || psci == SYSTEM_RESET ||
	       (psci == SYSTEM_RESET2 && !(u32)regs->x[1]) ||
	       (psci == SYSTEM_OFF2 && (u32)regs->x[1] < 2);
}

/* Now and then what leads to an event, which chance alone hardly ever does */
static void make_sense(u64 *state, struct regs *regs)
{
	static const u32 ids[] = { SDEI_REGISTER, SDEI_ENABLE, SDEI_UNMASK, SDEI_SIGNAL };
	static const u64 numbers[] = { 0, 0, 0x40000000, 0x40000001, 0x40000002 };

	regs->x[0] = ids[random(state) % ARRAY_SIZE(ids)];
	regs->x[1] = numbers[random(state) % ARRAY_SIZE(numbers)];
	regs->x[2] = random(state) % MAX_CPUS;
	regs->x[4] = 0;
}

static void one_call(u64 *state)
{
	struct regs regs = { .nzcv = 0 };
	u64 cpu = this_cpu();
	u32 id;

	for (int i = 1; i < 18; i++)
		regs.x[i] = any_argument(state);
	regs.x[0] = any_id(state);
	if (random(state) % 16 == 0)
		make_sense(state, &regs);
	id = regs.x[0];
	if (is_end(id, &regs))
		return;
	/* The VMM cannot know where handlers may be, the guest has to */
	if (id == SDEI_REGISTER)
		regs.x[2] = (u64)event_entry | random(state) % 2;
	(random(state) % 2 ? smccc_smc : smccc_hvc)(&regs);

	cpus[cpu].calls++;
	if (regs.x[0] == ~0ull)
		cpus[cpu].not_supported++;
	else if ((s64)regs.x[0] < 0 && (s64)regs.x[0] > -16)
		cpus[cpu].refused++;
	else
		cpus[cpu].answered++;
}

/* Nothing is there, and some of it KVM cannot decode for the VMM */
static void one_access(u64 *state)
{
	u64 addr = 0x10000000 + (random(state) & 0xffff00);

	switch (random(state) % 4) {
	case 0:
		load64(addr);
		break;
	case 1:
		store8(addr);
		break;
	case 2:
		load_pair(addr);
		break;
	case 3:
		/* the serial port: registers that are not there, widths that are odd */
		load64(SERIAL_BASE + 0x800 + (addr & 0x7f8));
		break;
	}
}

static void work(void)
{
	u64 cpu = this_cpu(), *state = &cpus[cpu].state;

	while (cpus[cpu].calls < CALLS) {
		one_call(state);
		if (random(state) % 64 == 0)
			one_access(state);
	}
	barrier();
	WRITE_ONCE(cpus[cpu].done, 1);
	while (cpu)
		relax();
}

int main(void)
{
	u64 calls = 0, not_supported = 0, refused = 0, answered = 0;

	seed = sysreg(cntvct_el0) | 1;
	print("# random seed %d\n", seed);
	for (u64 i = 0; i < MAX_CPUS; i++)
		cpus[i].state = seed + i * 0x9e3779b97f4a7c15;
	while (nr_cpus < MAX_CPUS && cpu_on(nr_cpus, work) == 0)
		nr_cpus++;
	work();
	for (u64 i = 0; i < nr_cpus; i++) {
		while (!READ_ONCE(cpus[i].done))
			relax();
		calls += cpus[i].calls;
		not_supported += cpus[i].not_supported;
		refused += cpus[i].refused;
		answered += cpus[i].answered;
	}
	print("# %d calls: %d not supported, %d refused, %d answered; %d events, %d aborts\n",
	      calls, not_supported, refused, answered, READ_ONCE(events), READ_ONCE(aborts));
	check(nr_cpus > 1 && calls == nr_cpus * CALLS, "%d calls, and the VMM is there", calls);
	check(not_supported > calls / 10 && refused > calls / 100 && answered > calls / 100,
	      "they were of all kinds");
	check(READ_ONCE(events) > 0, "some of them were events");
	check(READ_ONCE(aborts) > 0, "a load that cannot be decoded is an abort");
	check(CALL(0x84000000) == 0x10003, "PSCI still answers");
	finish(0);
	return 0;
}

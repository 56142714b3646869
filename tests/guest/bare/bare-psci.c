// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI in user space, asked for everything it can answer, by both conduits.
 * Wants CPUs 0-2 plugged and CPU 3 not.
 */
#include "bare.h"

#define VERSION		0x84000000
#define CPU_SUSPEND32	0x84000001
#define CPU_SUSPEND	0xc4000001
#define CPU_OFF		0x84000002
#define CPU_ON32	0x84000003
#define CPU_ON		0xc4000003
#define AFFINITY32	0x84000004
#define AFFINITY	0xc4000004
#define MIGRATE_TYPE	0x84000006
#define FEATURES	0x8400000a
#define SUSPEND32	0x8400000e
#define SUSPEND		0xc400000e
#define RESET2_32	0x84000012
#define RESET2		0xc4000012
#define OFF2_32		0x84000015
#define OFF2		0xc4000015

/* Above an argument of 32 bits: not part of it, in SMC64 calls neither */
#define ABOVE		(0xbadull << 32)

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, DENIED = -3, ALREADY_ON = -4,
       ON_PENDING = -5, INVALID_ADDRESS = -9 };
enum { ON, OFF };

#define ENTRY		((u64)secondary_entry)
#define ROUNDS		200

#define VTIMER		27

static u32 hits[MAX_CPUS];	/* how often a CPU came up */
static u64 round, answer, ready, release;

static void hit(void)
{
	WRITE_ONCE(hits[this_cpu()], READ_ONCE(hits[this_cpu()]) + 1);
	barrier();
	cpu_off();
}

static void wait_for_off(u64 cpu)
{
	wait_until(cpu_is_off(cpu));
}

static const char *conduit(void)
{
	return by_smc ? "smc" : "hvc";
}

static void discovery(void)
{
	static const u32 there[] = { VERSION, CPU_SUSPEND32, CPU_SUSPEND, CPU_OFF, CPU_ON32, CPU_ON,
		AFFINITY32, AFFINITY, MIGRATE_TYPE, 0x84000008, 0x84000009, FEATURES, SUSPEND32,
		SUSPEND, RESET2_32, RESET2, 0x80000000 };
	/* MIGRATE and all that PSCI 1.3 makes optional, what does not exist in SMC64, and gaps */
	static const u32 missing[] = { 0x84000005, 0xc4000005, 0x84000007, 0xc4000007, 0x8400000b,
		0x8400000c, 0xc400000c, 0x8400000d, 0xc400000d, 0x8400000f, 0x84000010,
		0xc4000010, 0x84000011, 0xc4000011, 0x84000013, 0x84000014, 0xc4000014, 0x84000016,
		0xc4000016, 0xc4000017,
		0x8400001f, 0xc400001f, 0xc4000000, 0xc4000002, 0xc4000006, 0xc4000008, 0xc4000009,
		0xc400000a };
	unsigned int found = 0, calls = 0, announced = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(there); i++)
		found += CALL(FEATURES, there[i]) == SUCCESS;
	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++) {
		announced += CALL(FEATURES, missing[i]) != NOT_SUPPORTED;
		calls += CALL(missing[i], 1, 2, 3) == NOT_SUPPORTED;
	}
	check(CALL(VERSION) == 0x10003, "%s: version 1.3", conduit());
	check(CALL(FEATURES, OFF2) == 1 && CALL(FEATURES, OFF2_32) == 1,
	      "%s: FEATURES of SYSTEM_OFF2 are its types: hibernation", conduit());
	check(found == ARRAY_SIZE(there), "%s: FEATURES finds %d of %d", conduit(), (u64)found,
	      (u64)ARRAY_SIZE(there));
	check(!announced, "%s: FEATURES announces nothing else", conduit());
	check(calls == ARRAY_SIZE(missing), "%s: %d of %d other calls are not supported", conduit(),
	      (u64)calls, (u64)ARRAY_SIZE(missing));
	check(CALL(FEATURES, 0x80000001) == NOT_SUPPORTED &&
	      CALL(FEATURES, 0x1ull << 32 | VERSION) == SUCCESS,
	      "%s: FEATURES takes 32 bits, and nothing of the architecture but its version",
	      conduit());
	check(CALL(MIGRATE_TYPE) == 2, "%s: no trusted OS to migrate", conduit());
}

static void registers(void)
{
	struct regs regs = { .nzcv = 0xa0000000 };
	bool same = true;

	for (unsigned int i = 0; i < 18; i++)
		regs.x[i] = 0x1111111111111111ull * (i % 15 + 1);
	regs.x[0] = 0xdead000000000000 | VERSION;
	(by_smc ? smccc_smc : smccc_hvc)(&regs);
	for (unsigned int i = 1; i < 18; i++)
		same &= regs.x[i] == 0x1111111111111111ull * (i % 15 + 1);
	check(regs.x[0] == 0x10003 && same && regs.nzcv == 0xa0000000,
	      "%s: a call changes x0 and nothing else, and w0 is its id", conduit());
}

static void errors_of_cpu_on(void)
{
	/* bits of no affinity field; fields of no vCPU */
	static const u64 nowhere[] = { 4, 0x100, 0x10000, 1ull << 32, 1ull << 31, 1ull << 24,
		1ull << 40, ~0ull };
	static const u64 no_memory[] = { 0, 2, RAM_BASE + 6, SERIAL_BASE, RAM_BASE - 4,
		RAM_BASE + (1ull << 40), ~3ull };
	unsigned int n = 0, m = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++)
		n += CALL(CPU_ON, nowhere[i], ENTRY, 0) == INVALID_PARAMETERS;
	check(n == ARRAY_SIZE(nowhere), "%s: CPU_ON of %d CPUs that are nowhere", conduit(),
	      (u64)n);
	for (unsigned int i = 0; i < ARRAY_SIZE(no_memory); i++)
		m += CALL(CPU_ON, 1, no_memory[i], 0) == INVALID_ADDRESS;
	check(m == ARRAY_SIZE(no_memory), "%s: CPU_ON at %d addresses that are no memory",
	      conduit(), (u64)m);
	check(CALL(CPU_ON, 0, ENTRY, 0) == ALREADY_ON, "%s: CPU_ON of itself", conduit());
	check(CALL(CPU_ON, 3, ENTRY, 0) == DENIED && CALL(CPU_ON32, 3, ENTRY, 0) == DENIED,
	      "%s: CPU_ON of a CPU that is not plugged", conduit());
}

static void on_and_off(void)
{
	u32 before = READ_ONCE(hits[1]);

	check(CALL(AFFINITY, 1, 0) == OFF && CALL(AFFINITY, 3, 0) == OFF, "%s: CPUs 1, 3 are off",
	      conduit());
	check(CALL(CPU_ON, 1, ENTRY, (u64)hit) == SUCCESS, "%s: CPU_ON", conduit());
	wait_until(READ_ONCE(hits[1]) == before + 1);
	wait_for_off(1);
	check(true, "%s: it ran, and is off", conduit());

	check(CALL(0xdead000000000000 | CPU_ON32, 0x1ull << 32 | 1, 0xbadull << 32 | ENTRY,
		   0xbadull << 32 | (u64)hit) == SUCCESS,
	      "%s: CPU_ON, SMC32, is 32 bits wide", conduit());
	wait_until(READ_ONCE(hits[1]) == before + 2);
	wait_for_off(1);
	check(true, "%s: it ran again", conduit());
}

static void affinity_info(void)
{
	check(CALL(AFFINITY, 0, 0) == ON && CALL(AFFINITY32, 0, 0) == ON,
	      "%s: AFFINITY_INFO of itself", conduit());
	check(CALL(AFFINITY, 0, 1) == ON && CALL(AFFINITY, 0x55, 1) == ON &&
	      CALL(AFFINITY, 0, 3) == ON,
	      "%s: AFFINITY_INFO of levels above", conduit());
	check(CALL(AFFINITY, 0, ABOVE) == ON && CALL(AFFINITY, 0x55, ABOVE | 1) == ON,
	      "%s: the level of AFFINITY_INFO is 32 bits wide", conduit());
	check(CALL(AFFINITY, 0, 4) == INVALID_PARAMETERS &&
	      CALL(AFFINITY, 0, ~0ull) == INVALID_PARAMETERS,
	      "%s: AFFINITY_INFO of no level", conduit());
	check(CALL(AFFINITY, 9, 0) == INVALID_PARAMETERS &&
	      CALL(AFFINITY, 0x100, 1) == INVALID_PARAMETERS &&
	      CALL(AFFINITY, 1ull << 31, 0) == INVALID_PARAMETERS,
	      "%s: AFFINITY_INFO of nobody", conduit());
}

/* CPU 2 stays on until both of the others have their answers */
static void prize(void)
{
	WRITE_ONCE(hits[2], READ_ONCE(hits[2]) + 1);
	wait_until(READ_ONCE(release) == READ_ONCE(round));
	cpu_off();
}

/* CPU 1's half of each round, CPU 0's is in race() */
static void racer(void)
{
	for (u64 i = 1; i <= ROUNDS; i++) {
		wait_until(READ_ONCE(round) == i);
		WRITE_ONCE(answer, CALL(CPU_ON, 2, ENTRY, (u64)prize));
		barrier();
		WRITE_ONCE(ready, i);
	}
	cpu_off();
}

static void race(void)
{
	u64 before = READ_ONCE(hits[2]), won[2] = { }, already = 0, pending = 0;
	s64 mine, other;

	WRITE_ONCE(round, 0);
	WRITE_ONCE(ready, 0);
	cpu_on(1, racer);
	for (u64 i = 1; i <= ROUNDS; i++) {
		WRITE_ONCE(round, i);
		barrier();
		mine = CALL(CPU_ON, 2, ENTRY, (u64)prize);
		wait_until(READ_ONCE(ready) == i);
		other = READ_ONCE(answer);
		won[0] += mine == SUCCESS;
		won[1] += other == SUCCESS;
		already += mine == ALREADY_ON || other == ALREADY_ON;
		pending += mine == ON_PENDING || other == ON_PENDING;
		WRITE_ONCE(release, i);
		wait_for_off(2);
	}
	wait_for_off(1);
	print("# CPU 0 won %d, CPU 1 won %d; already on %d, pending %d\n", won[0], won[1], already,
	      pending);
	check(won[0] + won[1] == ROUNDS && already + pending == ROUNDS &&
	      READ_ONCE(hits[2]) - before == ROUNDS,
	      "%s: two CPUs turn on a third, one of them does, %d times", conduit(), (u64)ROUNDS);
}

static void big_endian(void)
{
	if (by_smc)
		return;
	WRITE_ONCE(seen_sctlr[1], 0);
	check(big_endian_hvc(CPU_ON, 1, ENTRY, (u64)hit) == SUCCESS,
	      "hvc: CPU_ON by a big-endian CPU");
	wait_for_off(1);
	check(READ_ONCE(seen_sctlr[1]) & SCTLR_EE, "hvc: the new CPU starts big-endian");
	cpu_on(1, hit);
	wait_for_off(1);
	check(!(READ_ONCE(seen_sctlr[1]) & SCTLR_EE),
	      "hvc: and little-endian from a little-endian one");
}

/* The virtual timer's interrupt, never taken, wakes the CPU */
static void set_timer(u64 ticks)
{
	set_sysreg(cntv_cval_el0, sysreg(cntvct_el0) + ticks);
	set_sysreg(cntv_ctl_el0, 1);
}

static void set_up_timer(void)
{
	u64 frame = GIC_REDIST_BASE + this_cpu() * GIC_REDIST_SIZE + 0x10000;

	write32(GIC_DIST_BASE, 1 << 4 | 1 << 1);	/* affinity routing, group 1 */
	write32(frame + 0x080, ~0u);			/* all are in group 1 */
	write32(frame + 0x100, 1u << VTIMER);		/* enable */
	set_sysreg(S3_0_C12_C12_5, 7);		/* ICC_SRE_EL1 */
	set_sysreg(S3_0_C4_C6_0, 0xff);		/* ICC_PMR_EL1 */
	set_sysreg(S3_0_C12_C12_7, 1);		/* ICC_IGRPEN1_EL1 */
}

static void suspend(void)
{
	u64 ticks = sysreg(cntfrq_el0) / 50, start;

	set_timer(ticks);	/* lest it sleeps for ever if it does sleep */
	check(CALL(CPU_SUSPEND, 1u << 17) == INVALID_PARAMETERS &&
	      CALL(CPU_SUSPEND32, 1u << 26) == INVALID_PARAMETERS &&
	      CALL(CPU_SUSPEND, 1u << 24) == INVALID_PARAMETERS &&
	      CALL(CPU_SUSPEND, 1ull << 31) == INVALID_PARAMETERS,
	      "%s: CPU_SUSPEND to no power state", conduit());
	check(CALL(CPU_SUSPEND, 1u << 16, 0, 0) == INVALID_ADDRESS, "%s: CPU_SUSPEND to no address",
	      conduit());
	start = sysreg(cntvct_el0);
	set_timer(ticks);
	check(CALL(CPU_SUSPEND, ABOVE, 0, 0) == SUCCESS && sysreg(cntvct_el0) - start >= ticks,
	      "%s: CPU_SUSPEND, standby, until the timer; its state is 32 bits wide", conduit());
	set_sysreg(cntv_ctl_el0, 0);
	start = sysreg(cntvct_el0);
	set_timer(ticks);
	check(CALL(CPU_SUSPEND32, 5, 0, 0) == SUCCESS && sysreg(cntvct_el0) - start >= ticks,
	      "%s: the same, SMC32", conduit());
	set_sysreg(cntv_ctl_el0, 0);
}

static u64 woken;

static void after_powerdown(void)
{
	WRITE_ONCE(woken, READ_ONCE(woken) + 1);
	set_sysreg(cntv_ctl_el0, 0);
	cpu_off();
}

static void sleeper(void)
{
	set_up_timer();
	set_timer(sysreg(cntfrq_el0) / 50);
	CALL(CPU_SUSPEND, ABOVE | 1 << 16, ENTRY, (u64)after_powerdown);
	check(false, "CPU_SUSPEND, powerdown, returned");
}

static void powerdown(void)
{
	u64 before = READ_ONCE(woken);

	cpu_on(1, sleeper);
	wait_until(READ_ONCE(woken) != before);
	wait_for_off(1);
	check(true, "%s: CPU_SUSPEND, powerdown, comes back at its entry", conduit());
}

/* The UART's line is what its state and its mask make it */
static void serial_interrupt(void)
{
	const u64 imsc = SERIAL_BASE + 0x38, pending = GIC_DIST_BASE + 0x204;
	u32 bit = 1u << SERIAL_SPI;
	bool off, on;

	write32(GIC_DIST_BASE + 0xc08, 0);	/* level-sensitive; KVM starts with edges */
	write32(imsc, 0);
	off = !(read32(pending) & bit);
	write32(imsc, 1 << 5);
	wait_until(read32(SERIAL_BASE + 0x18) & (1 << 7));
	on = read32(pending) & bit;
	write32(imsc, 0);
	check(off && on && !(read32(pending) & bit),
	      "the serial port's interrupt for room in its output");
}

/* SYSTEM_SUSPEND is by the last CPU that is on, and that is not CPU 0 */
static u64 denied, deadline;

static void after_suspend(void)
{
	check(sysreg(cntvct_el0) >= deadline && cpu_is_off(0),
	      "SYSTEM_SUSPEND until the timer, and on at its entry");
	set_sysreg(cntv_ctl_el0, 0);
	finish(1);
	WRITE_ONCE(hits[7], 1);
	CALL(RESET2, ABOVE);
	check(false, "SYSTEM_RESET2 returned");
}

static void last_on(void)
{
	check(CALL(SUSPEND, ENTRY, (u64)after_suspend) == DENIED &&
	      CALL(SUSPEND32, ENTRY, (u64)after_suspend) == DENIED,
	      "SYSTEM_SUSPEND while another CPU is on");
	WRITE_ONCE(denied, 1);
	wait_for_off(0);
	check(CALL(SUSPEND, 2, 0) == INVALID_ADDRESS, "SYSTEM_SUSPEND to no address");
	set_up_timer();
	deadline = sysreg(cntvct_el0) + sysreg(cntfrq_el0) / 50;
	set_timer(sysreg(cntfrq_el0) / 50);
	CALL(SUSPEND, ENTRY, (u64)after_suspend);
	check(false, "SYSTEM_SUSPEND returned");
}

int main(void)
{
	char boot[8];

	print("host: boots\n");
	read_line(boot, sizeof(boot));
	if (boot[0] == '1') {
		set_up_timer();
		serial_interrupt();
		for (int i = 0; i < 2; i++) {
			by_smc = i;
			discovery();
			registers();
			errors_of_cpu_on();
			on_and_off();
			affinity_info();
			race();
			big_endian();
			suspend();
			powerdown();
			check(CALL(RESET2, 1) == INVALID_PARAMETERS &&
			      CALL(RESET2_32, 0x80000000) == INVALID_PARAMETERS,
			      "%s: SYSTEM_RESET2 of no such type", conduit());
			check(CALL(OFF2, 2) == INVALID_PARAMETERS &&
			      CALL(OFF2_32, 3) == INVALID_PARAMETERS &&
			      CALL(OFF2, 1, 1) == INVALID_PARAMETERS,
			      "%s: SYSTEM_OFF2 of no such type, with a cookie", conduit());
		}
		check(host("plug 3") && cpu_on(3, hit) == SUCCESS,
		      "CPU_ON of a CPU that was plugged");
		wait_for_off(3);
		check(host("unplug 3") && cpu_on(3, hit) == DENIED, "and unplugged again");
		check(!host("unplug 0") && !host("unplug 4") && !host("plug 1") &&
		      !host("plug x") && !host("eject 1"),
		      "the host is told what cannot be");
		cpu_on(1, last_on);
		wait_until(READ_ONCE(denied));
		cpu_off();
	}
	check(boot[0] == '2' && !READ_ONCE(hits[7]) && cpu_is_off(1),
	      "SYSTEM_RESET2: a fresh machine");
	cpu_off();
	return 0;
}

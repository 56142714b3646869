// SPDX-License-Identifier: GPL-2.0
/*
 * SDEI in user space: every call, every error, and what an event does to the
 * registers of what it interrupts. Wants two CPUs.
 */
#include "bare.h"

#define FN(n)		(0xc4000020 + (n))
#define VERSION		FN(0x00)
#define REGISTER	FN(0x01)
#define ENABLE		FN(0x02)
#define DISABLE		FN(0x03)
#define CONTEXT		FN(0x04)
#define COMPLETE	FN(0x05)
#define RESUME		FN(0x06)
#define UNREGISTER	FN(0x07)
#define STATUS		FN(0x08)
#define INFO		FN(0x09)
#define ROUTING		FN(0x0a)
#define MASK		FN(0x0b)
#define UNMASK		FN(0x0c)
#define BIND		FN(0x0d)
#define RELEASE		FN(0x0e)
#define SIGNAL		FN(0x0f)
#define FEATURES	FN(0x10)
#define PRIVATE_RESET	FN(0x11)
#define SHARED_RESET	FN(0x12)

#define OWN		0ull		/* private, normal, signalled by the guest */
#define SHARED		0x40000000ull	/* shared, normal */
#define SHARED_CRITICAL	0x40000001ull
#define CRITICAL	0x40000002ull	/* private */

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, DENIED = -3, PENDING = -5,
       OUT_OF_RESOURCE = -10 };
enum { REGISTERED = 1, ENABLED = 2, RUNNING = 4 };

#define HANDLER		((u64)event_entry)
#define ABOVE		(0xbadull << 32)	/* not part of an argument of 32 bits */

/* Fields of PSTATE and SCTLR_EL1 */
#define SSBS		(1ull << 12)
#define PAN		(1ull << 22)
#define DIT		(1ull << 24)
#define SPAN		(1ull << 23)
#define DSSBS		(1ull << 44)
#define ARGUMENT	0x1234567890abcdefull

/* What the handler is to do, by argument's low byte, and what it saw */
enum action { RETURN, GO_ON_ELSEWHERE, ASK, NEST, SAME_AGAIN, TAKE_APART, WAIT_NORMAL, LEAVE };

static struct seen {
	u64 count, cpu, event, argument, pc, pstate, daif, spsel;
	u64 nzcv, fields;
	u64 context[18], context_18, status, answers[8];
} seen[4];	/* by event */

/* In RAM, and beyond what a 32-bit register can hold */
#define FAR		0x140000000ull

static unsigned int index_of(u64 event)
{
	return event ? event - SHARED + 1 : 0;
}

static struct seen *seen_of(u64 event)
{
	return &seen[index_of(event)];
}

static void wait_for_event(u64 event, u64 count)
{
	wait_until(READ_ONCE(seen_of(event)->count) >= count);
}

/* DIT, SSBS and PAN, where the CPU has them */
static u64 fields(void)
{
	return (has_dit ? sysreg(S3_3_C4_C2_5) : 0) | (has_ssbs ? sysreg(S3_3_C4_C2_6) : 0) |
	       (has_pan ? sysreg(S3_0_C4_C2_3) : 0);
}

static void set_fields(u64 value)
{
	if (has_dit)
		set_sysreg(S3_3_C4_C2_5, value & DIT);
	if (has_ssbs)
		set_sysreg(S3_3_C4_C2_6, value & SSBS);
	if (has_pan)
		set_sysreg(S3_0_C4_C2_3, value & PAN);
}

u64 on_event(u64 event, u64 argument, u64 pc, u64 pstate)
{
	struct seen *s = seen_of(event);

	s->cpu = this_cpu();
	s->event = event;
	s->argument = argument;
	s->pc = pc;
	s->pstate = pstate;
	s->daif = sysreg(daif);
	s->spsel = sysreg(spsel);
	s->nzcv = event_nzcv;
	s->fields = fields();
	s->status = CALL(STATUS, event);

	switch (argument & 0xff) {
	case GO_ON_ELSEWHERE:
		s->answers[0] = CALL(RESUME, (u64)resume_entry + 2);
		WRITE_ONCE(s->count, s->count + 1);
		return (u64)resume_entry;
	case ASK:
		for (int i = 0; i < 18; i++)
			s->context[i] = CALL(CONTEXT, i);
		s->context_18 = CALL(CONTEXT, 18);
		break;
	case NEST:
		/* A critical event interrupts this handler, another normal one does not */
		s->answers[0] = CALL(SIGNAL, OWN, this_cpu());
		s->answers[1] = seen_of(OWN)->count;
		host(this_cpu() ? "raise 0x40000002 1" : "raise 0x40000002 0");
		wait_for_event(CRITICAL, 1);
		s->answers[2] = seen_of(OWN)->count;
		break;
	case WAIT_NORMAL:
		/* Nothing interrupts a critical event's handler */
		host("raise 0x40000000");
		host("raise 0x40000001");
		host("status");		/* the answer to the last but one may be this one's */
		host("status");
		s->answers[0] = seen_of(SHARED)->count;
		s->answers[1] = seen_of(SHARED_CRITICAL)->count;
		break;
	case LEAVE:
		/* Some come before AArch32 is entered, and after it is left */
		if ((pstate & 0x1f) != 0x10)
			return 0;
		WRITE_ONCE(s->count, s->count + 1);
		/* The first time it goes on, so that it is seen to come back */
		return s->count < 2 ? 0 : FAR + (far_leave - far_event);
	case SAME_AGAIN:
		if (!s->count) {
			s->answers[0] = CALL(SIGNAL, OWN, this_cpu());
			s->answers[1] = s->count;
		}
		break;
	case TAKE_APART:
		s->answers[0] = CALL(SHARED_RESET);
		s->answers[1] = CALL(PRIVATE_RESET);
		s->answers[2] = CALL(STATUS, event);
		s->answers[3] = CALL(UNREGISTER, event);
		s->answers[4] = CALL(STATUS, event);
		s->answers[5] = CALL(REGISTER, event, HANDLER, 0);
		s->answers[6] = CALL(UNREGISTER, event);
		s->answers[7] = CALL(event == OWN ? PRIVATE_RESET : SHARED_RESET);
		break;
	}
	barrier();
	WRITE_ONCE(s->count, s->count + 1);
	return 0;
}

static void start(u64 event, enum action action)
{
	*seen_of(event) = (struct seen){ };
	CALL(REGISTER, event, HANDLER, (ARGUMENT & ~0xffull) | action, 0, 0);
	CALL(ENABLE, event);
}

static void stop(u64 event)
{
	CALL(UNREGISTER, event);
}

static void discovery(void)
{
	check(CALL(VERSION) == 1ll << 48, "version 1.0");
	check(CALL(FEATURES, 0) == 0 && CALL(FEATURES, 1) == INVALID_PARAMETERS,
	      "FEATURES: no interrupt can be bound");
	check(CALL(BIND, 40) == OUT_OF_RESOURCE && CALL(BIND, ABOVE | 16) == OUT_OF_RESOURCE &&
	      CALL(BIND, 15) == INVALID_PARAMETERS && CALL(BIND, 1020) == INVALID_PARAMETERS,
	      "INTERRUPT_BIND: no slots, not for an SGI, nor for what is no interrupt");
	check(CALL(RELEASE, 1) == INVALID_PARAMETERS && CALL(RELEASE, SHARED) == INVALID_PARAMETERS,
	      "INTERRUPT_RELEASE: nothing is bound");
	check(CALL(FN(0x13)) == NOT_SUPPORTED && CALL(FN(0x1f)) == NOT_SUPPORTED &&
	      CALL(0x84000020) == NOT_SUPPORTED, "nor is what does not exist");
}

static void info(void)
{
	static const u64 expected[4][3] = {	/* type, not signalled, priority */
		{ 0, 0, 0 }, { 1, 1, 0 }, { 1, 1, 1 }, { 0, 1, 1 },
	};
	bool ok = true;

	for (u64 i = 0; i < 4; i++)
		for (u64 j = 0; j < 3; j++)
			ok &= CALL(INFO, ABOVE | (i ? SHARED + i - 1 : 0), ABOVE | j) ==
			      (s64)expected[i][j];
	check(ok, "GET_INFO: type, signalled, priority of four events");
	check(CALL(INFO, 1, 0) == INVALID_PARAMETERS && CALL(INFO, OWN, 5) == INVALID_PARAMETERS,
	      "GET_INFO of no event, of no such information");
	check(CALL(INFO, OWN, 3) == INVALID_PARAMETERS && CALL(INFO, SHARED, 3) == DENIED,
	      "GET_INFO: a private event has no route, nor one that is not registered");
}

static void registration(void)
{
	check(CALL(ENABLE, OWN) == DENIED && CALL(DISABLE, OWN) == DENIED &&
	      CALL(UNREGISTER, OWN) == DENIED && CALL(ROUTING, SHARED, 0, 0) == DENIED &&
	      CALL(STATUS, OWN) == 0,
	      "what is not registered");
	check(CALL(REGISTER, 1, HANDLER) == INVALID_PARAMETERS &&
	      CALL(ENABLE, 1) == INVALID_PARAMETERS &&
	      CALL(DISABLE, 1) == INVALID_PARAMETERS &&
	      CALL(STATUS, 1) == INVALID_PARAMETERS &&
	      CALL(UNREGISTER, 1) == INVALID_PARAMETERS &&
	      CALL(ROUTING, 1, 0, 0) == INVALID_PARAMETERS,
	      "what is no event");
	check(CALL(REGISTER, OWN, HANDLER + 1) == INVALID_PARAMETERS &&
	      CALL(REGISTER, OWN, 0) == INVALID_PARAMETERS &&
	      CALL(REGISTER, OWN, HANDLER, 0, 2, 0) == INVALID_PARAMETERS &&
	      CALL(REGISTER, SHARED, HANDLER, 0, 2, 0) == INVALID_PARAMETERS &&
	      CALL(REGISTER, SHARED, HANDLER, 0, 1, 9) == INVALID_PARAMETERS,
	      "REGISTER with a bad entry, flags, affinity");
	check(CALL(REGISTER, OWN, HANDLER, 0, 1, 9) == SUCCESS && CALL(UNREGISTER, OWN) == SUCCESS,
	      "REGISTER ignores the route of a private event");
	check(CALL(REGISTER, ABOVE | SHARED, HANDLER, 0, 1, 1) == SUCCESS &&
	      CALL(STATUS, SHARED) == REGISTERED &&
	      CALL(REGISTER, SHARED, HANDLER, 0, 1, 1) == DENIED,
	      "REGISTER, once");
	check(CALL(INFO, SHARED, 3) == 1 && CALL(INFO, SHARED, 4) == 1, "its route: CPU 1");
	check(CALL(ROUTING, SHARED, 0, 0) == SUCCESS && CALL(INFO, SHARED, 3) == 0 &&
	      CALL(INFO, SHARED, 4) == INVALID_PARAMETERS, "ROUTING_SET to any");
	check(CALL(ENABLE, SHARED) == SUCCESS && CALL(STATUS, SHARED) == (REGISTERED | ENABLED) &&
	      CALL(ROUTING, SHARED, 1, 0) == DENIED, "ENABLE, and no ROUTING_SET after it");
	check(CALL(DISABLE, SHARED) == SUCCESS && CALL(STATUS, SHARED) == REGISTERED &&
	      CALL(ROUTING, SHARED, 1, 0x100) == INVALID_PARAMETERS, "DISABLE");
	check(CALL(UNREGISTER, SHARED) == SUCCESS && CALL(STATUS, SHARED) == 0, "UNREGISTER");
	check(CALL(CONTEXT, 0) == DENIED && CALL(COMPLETE, 0) == DENIED &&
	      CALL(RESUME, 0) == DENIED,
	      "CONTEXT, COMPLETE, COMPLETE_AND_RESUME without a handler");
	check(CALL(SIGNAL, 1, 0) == INVALID_PARAMETERS &&
	      CALL(SIGNAL, SHARED, 0) == INVALID_PARAMETERS &&
	      CALL(SIGNAL, OWN, 9) == INVALID_PARAMETERS,
	      "SIGNAL of another event, to nobody");
	check(!host("raise 0x40000000") && !host("raise 0") && !host("raise 5"),
	      "the host cannot raise them");
}

/* The event comes right after the HVC: every register is compared there */
static struct regs signal_with_pattern(void)
{
	struct regs regs = { .nzcv = 0xa0000000 };

	for (int i = 3; i < 18; i++)
		regs.x[i] = 0x0101010101010101ull * i;
	regs.x[0] = SIGNAL;
	regs.x[1] = OWN;
	regs.x[2] = this_cpu();
	(by_smc ? smccc_smc : smccc_hvc)(&regs);
	return regs;
}

static bool is_restored(const struct regs *regs)
{
	bool ok = regs->x[0] == SUCCESS && regs->x[1] == OWN && regs->x[2] == this_cpu() &&
		  regs->nzcv == 0xa0000000;

	for (int i = 3; i < 18; i++)
		ok &= regs->x[i] == 0x0101010101010101ull * i;
	return ok;
}

static void masks(void)
{
	struct seen *s = seen_of(OWN);

	check(CALL(MASK) == 0, "a CPU starts masked");
	start(OWN, RETURN);
	check(CALL(SIGNAL, OWN, 0) == SUCCESS && !s->count, "a masked CPU takes nothing");
	check(CALL(UNMASK) == SUCCESS && s->count == 1,
	      "it takes what is pending when it is unmasked");
	check(CALL(MASK) == 1 && CALL(MASK) == 0 && CALL(UNMASK) == SUCCESS,
	      "MASK tells what it did");
	CALL(DISABLE, OWN);
	check(CALL(SIGNAL, OWN, 0) == SUCCESS && s->count == 1, "an event that is disabled waits");
	check(CALL(ENABLE, OWN) == SUCCESS && s->count == 2, "until it is enabled");
	stop(OWN);
}

static void delivery(void)
{
	struct seen *s = seen_of(OWN);
	struct regs regs;
	bool ok = true;

	start(OWN, ASK);
	set_sysreg(daif, 0);
	regs = signal_with_pattern();
	check(s->count == 1 && s->event == OWN && s->argument == ((ARGUMENT & ~0xffull) | ASK),
	      "a handler gets the event and its argument");
	check(s->daif == 0x3c0 && s->spsel == 1, "it runs with exceptions masked, on SP_EL1");
	check((s->pstate & 0xf00003cf) == 0xa0000005 && s->pc > RAM_BASE && s->pc % 4 == 0,
	      "it gets the PC and PSTATE that it interrupted");
	check(s->status == (REGISTERED | ENABLED | RUNNING), "STATUS is running");
	for (int i = 3; i < 18; i++)
		ok &= s->context[i] == 0x0101010101010101ull * i;
	check(ok && s->context[0] == SUCCESS && s->context[1] == OWN && s->context[2] == 0,
	      "CONTEXT has x0-x17");
	check((s64)s->context_18 == INVALID_PARAMETERS, "and no x18");
	check(is_restored(&regs) && sysreg(daif) == 0, "COMPLETE restores x0-x17, flags and masks");
	check(CALL(STATUS, OWN) == (REGISTERED | ENABLED), "STATUS is not running any more");
	set_sysreg(daif, 0x3c0);
	stop(OWN);
}

static void resume(void)
{
	struct seen *s = seen_of(OWN);
	struct regs regs;

	start(OWN, GO_ON_ELSEWHERE);
	set_sysreg(daif, 0);
	regs = signal_with_pattern();
	check((s64)s->answers[0] == INVALID_PARAMETERS,
	      "COMPLETE_AND_RESUME at an address that is not aligned");
	check(s->count == 1 && resumed[0] == s->pc && resumed[1] == s->pstate &&
	      resumed[2] == 0x3c0,
	      "COMPLETE_AND_RESUME looks like an exception: ELR, SPSR, masks");
	check(is_restored(&regs) && sysreg(daif) == 0, "and has restored x0-x17");
	set_sysreg(daif, 0x3c0);
	stop(OWN);
}

/* Handler and resume start with a PSTATE as an exception to EL1 makes it */
static void as_exception(enum action action)
{
	static const u64 all = DIT | SSBS | PAN;
	u64 sctlr = sysreg(sctlr_el1), there = (has_dit ? DIT : 0) | (has_ssbs ? SSBS : 0) |
					       (has_pan ? PAN : 0);
	bool ok = true;

	for (u64 i = 0; i < 16; i++) {
		u64 before = (i & 1 ? DIT : 0) | (i & 2 ? 0 : SSBS) | (i & 4 ? PAN : 0);
		u64 after = (i & 1 ? DIT : 0) | (i & 2 ? SSBS : 0) | (i & 12 ? PAN : 0);
		struct regs regs;
		u64 seen_fields;

		start(OWN, action);
		set_sysreg(sctlr_el1, (sctlr & ~(SPAN | DSSBS)) | (i & 2 ? DSSBS : 0) |
					      (i & 8 ? 0 : SPAN));
		set_fields(before);
		regs = signal_with_pattern();
		seen_fields = fields();
		set_sysreg(sctlr_el1, sctlr);
		set_fields(0);
		ok &= seen_fields == (before & there) && regs.nzcv == 0xa0000000;
		ok &= seen_of(OWN)->fields == (after & there) && seen_of(OWN)->nzcv == 0xa0000000;
		if (action == GO_ON_ELSEWHERE)
			ok &= resumed[3] == 0xa0000000 &&
			      ((resumed[4] | resumed[5] | resumed[6]) & all) == (after & there);
		stop(OWN);
	}
	check(ok, "%s: flags and DIT stay, SSBS is DSSBS, PAN is set or stays by SPAN",
	      action == GO_ON_ELSEWHERE ? "resume" : "handler");
}

static void order(void)
{
	start(OWN, SAME_AGAIN);
	CALL(SIGNAL, OWN, 0);
	check(seen_of(OWN)->count == 2 && seen_of(OWN)->answers[0] == SUCCESS &&
	      seen_of(OWN)->answers[1] == 0,
	      "an event that is signalled in its own handler comes after it");
	stop(OWN);

	start(OWN, RETURN);
	start(CRITICAL, RETURN);
	start(SHARED, NEST);
	host("raise 0x40000000");
	wait_for_event(OWN, 1);
	check(seen_of(SHARED)->count == 1 && seen_of(SHARED)->answers[1] == 0 &&
	      seen_of(SHARED)->answers[2] == 0,
	      "a normal event waits for a normal handler");
	check(seen_of(CRITICAL)->count == 1, "a critical one interrupts it");
	stop(CRITICAL);

	start(CRITICAL, WAIT_NORMAL);
	start(SHARED_CRITICAL, RETURN);
	stop(SHARED);
	start(SHARED, RETURN);
	host("raise 0x40000002 0");
	wait_for_event(SHARED, 1);
	check(seen_of(CRITICAL)->count == 1 && seen_of(CRITICAL)->answers[0] == 0 &&
	      seen_of(CRITICAL)->answers[1] == 0 && seen_of(SHARED_CRITICAL)->count == 1,
	      "nothing interrupts a critical handler, and all come after it");
	check(CALL(PRIVATE_RESET) == SUCCESS && CALL(STATUS, OWN) == 0 &&
	      CALL(STATUS, CRITICAL) == 0 && CALL(STATUS, SHARED) != 0,
	      "PRIVATE_RESET");
	check(CALL(SHARED_RESET) == SUCCESS && CALL(STATUS, SHARED) == 0 &&
	      CALL(STATUS, SHARED_CRITICAL) == 0,
	      "SHARED_RESET");
}

static void unregister_in_handler(u64 event)
{
	struct seen *s = seen_of(event);
	s64 of_own_kind, of_other;

	start(event, TAKE_APART);
	if (event == OWN)
		CALL(SIGNAL, OWN, 0);
	else
		host("raise 0x40000000");
	wait_for_event(event, 1);
	/* Of its own kind a reset is denied, of the other it finds nothing that runs */
	of_own_kind = event == OWN ? s->answers[1] : s->answers[0];
	of_other = event == OWN ? s->answers[0] : s->answers[1];
	check(of_own_kind == DENIED && of_other == SUCCESS &&
	      s->answers[2] == (REGISTERED | ENABLED | RUNNING),
	      "event %x: a reset while its handler runs is denied, and changes nothing", event);
	check((s64)s->answers[3] == PENDING && s->answers[4] == RUNNING,
	      "event %x: UNREGISTER in the handler is pending", event);
	check((s64)s->answers[5] == DENIED && (s64)s->answers[6] == PENDING &&
	      (s64)s->answers[7] == DENIED,
	      "event %x: meanwhile no REGISTER, no reset, and UNREGISTER is pending", event);
	wait_until(!(CALL(STATUS, event) & RUNNING));
	check(CALL(STATUS, event) == 0 && CALL(REGISTER, event, HANDLER) == SUCCESS &&
	      CALL(UNREGISTER, event) == SUCCESS,
	      "event %x: it can be registered again afterwards", event);
}

static u64 phase;

/* CPU 1 */
static void other(void)
{
	CALL(REGISTER, OWN, HANDLER, RETURN);
	CALL(ENABLE, OWN);
	CALL(UNMASK);
	WRITE_ONCE(phase, 1);
	wait_until(READ_ONCE(phase) == 2);
	cpu_off();
}

static void other_again(void)
{
	static u64 answers[2];

	answers[0] = CALL(STATUS, OWN);
	answers[1] = CALL(MASK);
	check(!answers[0] && !answers[1],
	      "a CPU that comes back is masked and has no private event");
	WRITE_ONCE(phase, 3);
	cpu_off();
}

static void two_cpus(void)
{
	*seen_of(OWN) = (struct seen){ };
	check(CALL(SIGNAL, OWN, 1) == SUCCESS, "a CPU that is off can be signalled");
	cpu_on(1, other);
	wait_until(READ_ONCE(phase) == 1);
	check(CALL(STATUS, OWN) == 0, "a private event of one CPU is not another's");
	*seen_of(OWN) = (struct seen){ };
	for (u64 i = 1; i <= 100; i++) {
		CALL(SIGNAL, OWN, 1);
		wait_for_event(OWN, i);
	}
	check(seen_of(OWN)->count == 100 && seen_of(OWN)->cpu == 1,
	      "100 signals from CPU 0 to CPU 1");

	*seen_of(SHARED) = (struct seen){ };
	CALL(REGISTER, SHARED, HANDLER, RETURN, 1, 1);
	CALL(ENABLE, SHARED);
	check(host("raise 0x40000000"), "the host raises an event with a route");
	wait_for_event(SHARED, 1);
	check(seen_of(SHARED)->cpu == 1, "CPU 1 takes it");
	wait_until(!(CALL(STATUS, SHARED) & RUNNING));
	CALL(DISABLE, SHARED);
	check(CALL(ROUTING, SHARED, 1, 0) == SUCCESS, "its route is changed");
	CALL(ENABLE, SHARED);
	host("raise 0x40000000");
	wait_for_event(SHARED, 2);
	check(seen_of(SHARED)->cpu == 0, "CPU 0 takes it");

	WRITE_ONCE(phase, 2);
	wait_until(cpu_is_off(1));
	cpu_on(1, other_again);
	wait_until(READ_ONCE(phase) == 3 && cpu_is_off(1));
}

/* Some time for the other CPU between two events */
static void pause(void)
{
	u64 start = sysreg(cntvct_el0);

	while (sysreg(cntvct_el0) - start < sysreg(cntfrq_el0) / 200)
		;
}

/* CPU 1: one signal may come before CPU 0 sleeps, one of them ends the sleep */
static void alarm(void)
{
	while (READ_ONCE(phase) != 4) {
		CALL(SIGNAL, OWN, 0);
		pause();
	}
	cpu_off();
}

static void sleeping(void)
{
	s64 answer;

	start(OWN, RETURN);
	cpu_on(1, alarm);
	wait_for_event(OWN, 1);
	answer = CALL(0xc4000001, 0, 0, 0);
	WRITE_ONCE(phase, 4);
	wait_until(cpu_is_off(1));
	check(answer == SUCCESS && seen_of(OWN)->count > 1, "an event ends CPU_SUSPEND");
	stop(OWN);
}

/* CPU 0 at EL0 in AArch32, where KVM's registers are 32 bits wide */
static void narrow(void)
{
	struct seen *s = seen_of(OWN);
	u64 high = ARGUMENT & ~0xffull;
	volatile u32 *to = (u32 *)FAR;

	if ((sysreg(id_aa64pfr0_el1) & 0xf) != 2) {
		skip("this CPU has no AArch32 that an event could interrupt");
		return;
	}
	for (u32 *from = (u32 *)far_event; from < (u32 *)far_end; from++)
		*to++ = *from;
	sync_instructions();
	*s = (struct seen){ };
	CALL(REGISTER, OWN, FAR, high | LEAVE);
	CALL(ENABLE, OWN);
	WRITE_ONCE(phase, 0);
	cpu_on(1, alarm);
	run_aarch32();
	WRITE_ONCE(phase, 4);
	check(s->count == 2, "events interrupt AArch32");
	check(s->argument == (high | LEAVE), "its handler's entry and argument have 64 bits");
	wait_until(cpu_is_off(1));
	stop(OWN);
}

/* What powerdown leaves behind is not ready for an event */
static void after_powerdown(void)
{
	u64 was_unmasked = CALL(MASK);

	check(!was_unmasked, "a CPU is masked after a powerdown");
	WRITE_ONCE(phase, 5);
	cpu_off();
}

static void sleeper(void)
{
	CALL(REGISTER, OWN, HANDLER, RETURN);
	CALL(ENABLE, OWN);
	CALL(UNMASK);
	WRITE_ONCE(phase, 1);
	CALL(0xc4000001, 1 << 16, (u64)secondary_entry, (u64)after_powerdown);
}

/* An event for CPU 1 ends its sleep and nothing more; some may come before it */
static void powerdown(void)
{
	WRITE_ONCE(phase, 0);
	cpu_on(1, sleeper);
	wait_until(READ_ONCE(phase) == 1);
	do {
		CALL(SIGNAL, OWN, 1);
		pause();
	} while (READ_ONCE(phase) != 5);
	wait_until(cpu_is_off(1));
}

int main(void)
{
	has_dit = sysreg(id_aa64pfr0_el1) >> 48 & 0xf;
	has_ssbs = (sysreg(id_aa64pfr1_el1) >> 4 & 0xf) >= 2;
	has_pan = sysreg(id_aa64mmfr1_el1) >> 20 & 0xf;
	discovery();
	for (int i = 0; i < 2; i++) {
		by_smc = i;
		print("# by %s\n", i ? "SMC" : "HVC");
		WRITE_ONCE(phase, 0);
		info();
		registration();
		masks();
		delivery();
		resume();
		as_exception(RETURN);
		as_exception(GO_ON_ELSEWHERE);
		order();
		unregister_in_handler(OWN);
		unregister_in_handler(SHARED);
		two_cpus();
		sleeping();
		powerdown();
		narrow();
		CALL(SHARED_RESET);
		CALL(MASK);
	}
	finish(0);
	return 0;
}

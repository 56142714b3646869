// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that moves: "host: snapshot FILE" is answered when it goes on, here or
 * elsewhere. Three CPUs call at all times, by both conduits, and see that each call gets its
 * own answer, changes no other register, and that the counter does not go back. Wants
 * four CPUs.
 */
#include "bare.h"

#define SDEI(n)		(0xc4000020 + (n))
#define EVENT		0x40000000ull
#define REGISTERED	1
#define ENABLED		2
#define RUNNING		4
#define MOVES		4

static u64 calls[MAX_CPUS], faults[MAX_CPUS], events;
static bool move_in_handler, moved_in_handler, stop_last;

static bool move(void)
{
	return host("snapshot moving");
}

/* One call of each service, with all registers that it is to leave alone */
static void call_once(bool smc, u64 id, u64 argument, u64 answer)
{
	struct regs regs = { };
	bool good = true;
	u64 cpu = this_cpu(), own = ++calls[cpu] << 8 | cpu;

	for (unsigned int i = 3; i < ARRAY_SIZE(regs.x); i++)
		regs.x[i] = own << 8 | i;
	regs.x[0] = id;
	regs.x[1] = argument;
	if (smc)
		smccc_smc(&regs);
	else
		smccc_hvc(&regs);
	for (unsigned int i = 4; i < ARRAY_SIZE(regs.x); i++)
		good &= regs.x[i] == (own << 8 | i);
	if (!good || regs.x[0] != answer)
		WRITE_ONCE(faults[cpu], faults[cpu] + 1);
}

static void calling(void)
{
	u64 cpu = this_cpu(), now, last = sysreg(cntvct_el0);

	while (cpu != 3 || !READ_ONCE(stop_last)) {
		call_once(cpu & 1, 0x84000000, 0, 0x10003);
		call_once(cpu & 1, 0xc4000004, 0, 0);
		call_once(cpu & 1, SDEI(0x0b), 0, 0);	/* it is masked since its start */
		call_once(cpu & 1, 0x84000050, 0, 0x10000);
		now = sysreg(cntvct_el0);
		if (now < last)
			WRITE_ONCE(faults[cpu], faults[cpu] + 1);
		last = now;
	}
	cpu_off();
}

u64 on_event(u64 event, u64 argument, u64 pc, u64 pstate)
{
	(void)pc;
	(void)pstate;
	if (event != EVENT || argument != 0x1234)
		faults[0]++;
	if (READ_ONCE(move_in_handler))
		moved_in_handler = move();
	WRITE_ONCE(events, events + 1);
	return 0;
}

/* What is to work before a move is to work after it */
static void try_everything(u64 move)
{
	u64 had[MAX_CPUS], seen = events;

	for (unsigned int cpu = 1; cpu < 4; cpu++)
		had[cpu] = READ_ONCE(calls[cpu]);
	for (unsigned int cpu = 1; cpu < 4; cpu++)
		wait_until(READ_ONCE(calls[cpu]) > had[cpu] + 100);
	check(!faults[0] && !faults[1] && !faults[2] && !faults[3],
	      "move %d: each call got its answer once (%d, %d, %d, %d)", move, faults[0], faults[1],
	      faults[2], faults[3]);
	check(CALL(SDEI(0x08), EVENT) == (REGISTERED | ENABLED), "... the event is registered");
	check(host("raise 0x40000000"), "... it can be raised");
	wait_until(READ_ONCE(events) > seen);
	check(READ_ONCE(events) == seen + 1, "... and comes once");

	stop_last = true;
	wait_until(cpu_is_off(3));
	check(true, "... CPU 3 goes off");
	stop_last = false;
	had[3] = calls[3];
	check(!cpu_on(3, calling), "... and on");
	wait_until(READ_ONCE(calls[3]) > had[3]);
}

int main(void)
{
	u64 seen;

	for (unsigned int cpu = 1; cpu < 4; cpu++)
		cpu_on(cpu, calling);
	check(!CALL(SDEI(0x01), EVENT, (u64)event_entry, 0x1234, 0, 0) &&
	      !CALL(SDEI(0x02), EVENT) && !CALL(SDEI(0x0c)), "an event is registered");
	try_everything(0);
	for (u64 i = 1; i <= MOVES; i++) {
		check(move(), "the guest moves");
		try_everything(i);
	}

	/* It comes when the host has been heard: the handler hears the host, too */
	move_in_handler = true;
	seen = events;
	CALL(SDEI(0x0b));
	check(host("raise 0x40000000"), "an event in whose handler the guest moves");
	CALL(SDEI(0x0c));
	wait_until(READ_ONCE(events) > seen);
	move_in_handler = false;
	check(moved_in_handler && events == seen + 1, "... completes after that");
	check(CALL(SDEI(0x08), EVENT) == (REGISTERED | ENABLED), "... and runs no longer");
	try_everything(MOVES + 1);
	finish(0);
	return 0;
}

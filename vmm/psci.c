// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Power State Coordination Interface 1.3, Arm DEN0022 F. Which vCPUs may be on is
 * the VMM's policy: CPU_ON of one that is not plugged is denied. The ids are here,
 * not in <linux/psci.h>, so that the version does not depend on installed headers.
 */
#include "service.h"

#define FN(n)			(0x84000000u + (n))
#define FN64(n)			(0xc4000000u + (n))
/* SMC32 and SMC64 */
#define BOTH(n, ...)		CALL(FN(n), __VA_ARGS__), CALL(FN64(n), __VA_ARGS__)

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, DENIED = -3, ALREADY_ON = -4,
       ON_PENDING = -5, INVALID_ADDRESS = -9 };

#define VERSION			(1 << 16 | 3)
#define SMCCC_VERSION		0x80000000u
#define TOS_NOT_PRESENT		2
#define RESET_WARM		0
#define OFF_HIBERNATE		1	/* of SYSTEM_OFF2; FEATURES tells it as a bit */
#define POWER_STATE_ID		0xffffu
#define POWER_STATE_POWERDOWN	(1u << 16)

static const struct function functions[];

/* A new CPU has the byte order of the one that turns it on */
static bool get_entry(const struct view *view, uint64_t pc, uint64_t x0, struct entry *entry)
{
	*entry = (struct entry){ .pc = pc, .x0 = x0, .big_endian = view_big_endian(view) };
	return pc % 4 == 0 && view_has_ram(view, pc, 4);
}

/*
 * 5.6. The lock of the machine is held from the test of the target's state until
 * the outcome is carried out: of two CPUs that turn on the same third, one succeeds.
 */
static struct outcome cpu_on(const struct view *view, const struct call *call)
{
	struct outcome outcome = { .kind = TURN_ON, .x = { SUCCESS }, .nr_results = 1 };
	int target = view_find(view, call->x[1]);

	if (target < 0)
		return answer(INVALID_PARAMETERS);
	if (!get_entry(view, call->x[2], call->x[3], &outcome.entry))
		return answer(INVALID_ADDRESS);
	if (view->cpus[target].power == POWER_ON)
		return answer(ALREADY_ON);
	if (view->cpus[target].power == POWER_ON_PENDING)
		return answer(ON_PENDING);
	if (!view->cpus[target].plugged)
		return answer(DENIED);
	outcome.target = target;
	return outcome;
}

/* 5.4: only power states of the core itself, which it wakes from by an interrupt */
static struct outcome cpu_suspend(const struct view *view, const struct call *call)
{
	bool powerdown = call->x[1] & POWER_STATE_POWERDOWN;
	struct outcome outcome = { .kind = SUSPEND, .powerdown = powerdown };

	if (call->x[1] & ~(uint64_t)(POWER_STATE_ID | POWER_STATE_POWERDOWN))
		return answer(INVALID_PARAMETERS);
	if (!get_entry(view, call->x[2], call->x[3], &outcome.entry) && powerdown)
		return answer(INVALID_ADDRESS);
	return outcome;
}

/* Suspend to RAM: by the last CPU that is on, which starts at the entry again */
static struct outcome system_suspend(const struct view *view, const struct call *call)
{
	struct outcome outcome = { .kind = SUSPEND, .powerdown = true };

	if (!get_entry(view, call->x[1], call->x[2], &outcome.entry))
		return answer(INVALID_ADDRESS);
	for (unsigned int i = 0; i < view->nr_cpus; i++)
		if (i != view->index && view->cpus[i].power != POWER_OFF)
			return answer(DENIED);
	return outcome;
}

/* The four affinity fields next to each other: level n is at bit 8 * n */
static uint32_t packed(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

/* 5.7: of a level above 0, whether anything in it is on. Policy does not show. */
static struct outcome affinity_info(const struct view *view, const struct call *call)
{
	uint64_t level = call->x[2];
	int64_t state = INVALID_PARAMETERS;

	if (call->x[1] & ~AFFINITY_BITS || level > 3)
		return answer(INVALID_PARAMETERS);
	for (unsigned int i = 0; i < view->nr_cpus; i++) {
		const struct cpu *cpu = &view->cpus[i];

		if ((packed(cpu->mpidr) ^ packed(call->x[1])) >> 8 * level)
			continue;
		if (cpu->power == POWER_ON)
			return answer(POWER_ON);
		if (cpu->power == POWER_ON_PENDING)
			state = POWER_ON_PENDING;
		else if (state < 0)
			state = POWER_OFF;
	}
	return answer(state);
}

/*
 * Hibernation: the guest has written its state to a disk. Type 0 means the same, as
 * guests of PSCI 1.3's first drafts have it; no cookie is defined.
 */
static struct outcome system_off2(const struct view *view, const struct call *call)
{
	if ((call->x[1] && call->x[1] != OFF_HIBERNATE) || call->x[2])
		return answer(INVALID_PARAMETERS);
	return (struct outcome){ .kind = STOP, .stop = STOP_OFF };
}

/* Of the architectural resets there is one, and no vendor's */
static struct outcome system_reset2(const struct view *view, const struct call *call)
{
	if (call->x[1] != RESET_WARM)
		return answer(INVALID_PARAMETERS);
	return (struct outcome){ .kind = STOP, .stop = STOP_RESET };
}

/*
 * 5.15. Not only PSCI's own: a guest learns here that there is SMCCC_VERSION,
 * and so that it may ask for Spectre mitigations, which KVM answers.
 */
static struct outcome features(const struct view *view, const struct call *call)
{
	const struct function *function;

	if (call->x[1] == SMCCC_VERSION)
		return answer(SUCCESS);
	for (function = functions; function->name; function++)
		if (function->id == call->x[1])
			/* No flags: original power states. SYSTEM_OFF2's types are bits */
			return answer(function->call == system_off2 ? OFF_HIBERNATE : SUCCESS);
	return answer(NOT_SUPPORTED);
}

static const struct function functions[] = {
	ALWAYS(FN(0x00), "PSCI_VERSION", .x = { VERSION }, .nr_results = 1),
	BOTH(0x01, "CPU_SUSPEND", "wxx", cpu_suspend),
	ALWAYS(FN(0x02), "CPU_OFF", .kind = OFF),
	BOTH(0x03, "CPU_ON", "xxx", cpu_on),
	BOTH(0x04, "AFFINITY_INFO", "xw", affinity_info),
	ALWAYS(FN(0x06), "MIGRATE_INFO_TYPE", .x = { TOS_NOT_PRESENT }, .nr_results = 1),
	ALWAYS(FN(0x08), "SYSTEM_OFF", .kind = STOP, .stop = STOP_OFF),
	ALWAYS(FN(0x09), "SYSTEM_RESET", .kind = STOP, .stop = STOP_RESET),
	CALL(FN(0x0a), "PSCI_FEATURES", "x", features),
	BOTH(0x0e, "SYSTEM_SUSPEND", "xx", system_suspend),
	BOTH(0x12, "SYSTEM_RESET2", "wx", system_reset2),
	BOTH(0x15, "SYSTEM_OFF2", "wx", system_off2),
	{ }
};

const struct service psci_service = {
	.name = "psci",
	.ranges = { { 0x84000000, 0x20 }, { 0xc4000000, 0x20 } },
	.functions = functions,
	.answers = {
		NAME(SUCCESS), NAME(NOT_SUPPORTED), NAME(INVALID_PARAMETERS), NAME(DENIED),
		NAME(ALREADY_ON), NAME(ON_PENDING), NAME(INVALID_ADDRESS),
	},
};

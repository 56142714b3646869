// SPDX-License-Identifier: GPL-2.0
/*
 * Power State Coordination Interface 1.3, Arm DEN0022 F. Which vCPUs may be on is
 * the VMM's policy: CPU_ON of one that is not plugged is denied. The ids are here,
 * not in <linux/psci.h>, so that the version does not depend on installed headers.
 */
#include "vmm.h"

#define FN(n)			(0x84000000u + (n))
#define FN64(n)			(0xc4000000u + (n))

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

static int64_t version(struct vcpu *vcpu, struct call *call)
{
	return VERSION;
}

/* A new CPU has the byte order of the one that turns it on */
static bool get_entry(struct vcpu *vcpu, uint64_t pc, uint64_t x0, struct entry *entry)
{
	*entry = (struct entry){
		.pc = pc,
		.x0 = x0,
		.big_endian = vcpu_get(vcpu, REG_SCTLR_EL1) & SCTLR_EE,
	};
	return pc % 4 == 0 && machine_has_ram(vcpu->machine, pc, 4);
}

/*
 * 5.6. The lock of the machine is held from the test of the target's state to
 * its change: of two CPUs that turn on the same third, one succeeds.
 */
static int64_t cpu_on(struct vcpu *vcpu, struct call *call)
{
	struct vcpu *target = machine_vcpu(vcpu->machine, call->x[1]);
	struct entry entry;

	if (!target)
		return INVALID_PARAMETERS;
	if (!get_entry(vcpu, call->x[2], call->x[3], &entry))
		return INVALID_ADDRESS;
	if (target->power == POWER_ON)
		return ALREADY_ON;
	if (target->power == POWER_ON_PENDING)
		return ON_PENDING;
	if (!target->plugged)
		return DENIED;
	vcpu_power_on(target, &entry);
	return SUCCESS;
}

/* 5.5: does not return */
static int64_t cpu_off(struct vcpu *vcpu, struct call *call)
{
	vcpu_power_off(vcpu);
	call->done = true;
	return 0;
}

static int64_t suspend(struct vcpu *vcpu, struct call *call, bool powerdown)
{
	vcpu->suspended = true;
	vcpu->powerdown = powerdown;
	vcpu_mp_state(vcpu, KVM_MP_STATE_SUSPENDED);
	call->done = true;
	return 0;
}

/* 5.4: only power states of the core itself, which it wakes from by an interrupt */
static int64_t cpu_suspend(struct vcpu *vcpu, struct call *call)
{
	bool powerdown = call->x[1] & POWER_STATE_POWERDOWN;

	if (call->x[1] & ~(uint64_t)(POWER_STATE_ID | POWER_STATE_POWERDOWN))
		return INVALID_PARAMETERS;
	if (!get_entry(vcpu, call->x[2], call->x[3], &vcpu->entry) && powerdown)
		return INVALID_ADDRESS;
	return suspend(vcpu, call, powerdown);
}

/* Suspend to RAM: by the last CPU that is on, which starts at the entry again */
static int64_t system_suspend(struct vcpu *vcpu, struct call *call)
{
	struct machine *machine = vcpu->machine;
	struct entry entry;

	if (!get_entry(vcpu, call->x[1], call->x[2], &entry))
		return INVALID_ADDRESS;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		if (i != vcpu->index && machine->vcpus[i].power != POWER_OFF)
			return DENIED;
	vcpu->entry = entry;
	return suspend(vcpu, call, true);
}

/* The end of CPU_SUSPEND: an interrupt for the vCPU, or another reason to look up */
static void wake(struct vcpu *vcpu)
{
	if (!vcpu->suspended)
		return;
	vcpu->suspended = false;
	vcpu_mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
	if (vcpu->powerdown)
		vcpu_reset(vcpu, &vcpu->entry);
	else
		vcpu_set(vcpu, REG_X(0), SUCCESS);
}

/* The four affinity fields next to each other: level n is at bit 8 * n */
static uint32_t packed(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

/* 5.7: of a level above 0, whether anything in it is on. Policy does not show. */
static int64_t affinity_info(struct vcpu *vcpu, struct call *call)
{
	struct machine *machine = vcpu->machine;
	uint64_t level = call->x[2];
	int64_t state = INVALID_PARAMETERS;

	if (call->x[1] & ~AFFINITY_BITS || level > 3)
		return INVALID_PARAMETERS;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		struct vcpu *other = &machine->vcpus[i];

		if ((packed(other->mpidr) ^ packed(call->x[1])) >> 8 * level)
			continue;
		if (other->power == POWER_ON)
			return POWER_ON;
		if (other->power == POWER_ON_PENDING)
			state = POWER_ON_PENDING;
		else if (state < 0)
			state = POWER_OFF;
	}
	return state;
}

/* 5.9: no trusted OS that would care on which CPU it is */
static int64_t migrate_info_type(struct vcpu *vcpu, struct call *call)
{
	return TOS_NOT_PRESENT;
}

static int64_t end(struct vcpu *vcpu, struct call *call, enum stop stop)
{
	machine_stop(vcpu->machine, stop);
	call->done = true;
	return 0;
}

static int64_t system_off(struct vcpu *vcpu, struct call *call)
{
	return end(vcpu, call, STOP_OFF);
}

static int64_t system_reset(struct vcpu *vcpu, struct call *call)
{
	return end(vcpu, call, STOP_RESET);
}

/*
 * 5.11, hibernation: the guest has written its state to a disk. Type 0 means the
 * same, as guests of PSCI 1.3's first drafts have it; no cookie is defined.
 */
static int64_t system_off2(struct vcpu *vcpu, struct call *call)
{
	if ((call->x[1] && call->x[1] != OFF_HIBERNATE) || call->x[2])
		return INVALID_PARAMETERS;
	return end(vcpu, call, STOP_OFF);
}

/* Of the architectural resets there is one, and no vendor's */
static int64_t system_reset2(struct vcpu *vcpu, struct call *call)
{
	if (call->x[1] != RESET_WARM)
		return INVALID_PARAMETERS;
	return end(vcpu, call, STOP_RESET);
}

/*
 * 5.15. Not only PSCI's own: a guest learns here that there is SMCCC_VERSION,
 * and so that it may ask for Spectre mitigations, which KVM answers.
 */
static int64_t features(struct vcpu *vcpu, struct call *call)
{
	const struct function *function;

	if (call->x[1] == SMCCC_VERSION)
		return SUCCESS;
	for (function = functions; function->name; function++)
		if (function->id == call->x[1] && function->call)
			/* No flags: original power states. SYSTEM_OFF2's types are bits */
			return function->call == system_off2 ? OFF_HIBERNATE : SUCCESS;
	return NOT_SUPPORTED;
}

static const struct function functions[] = {
	{ FN(0x00), "PSCI_VERSION", "", version },
	{ FN(0x01), "CPU_SUSPEND", "xxx", cpu_suspend },
	{ FN64(0x01), "CPU_SUSPEND", "wxx", cpu_suspend },
	{ FN(0x02), "CPU_OFF", "", cpu_off },
	{ FN(0x03), "CPU_ON", "xxx", cpu_on },
	{ FN64(0x03), "CPU_ON", "xxx", cpu_on },
	{ FN(0x04), "AFFINITY_INFO", "xx", affinity_info },
	{ FN64(0x04), "AFFINITY_INFO", "xw", affinity_info },
	{ FN(0x05), "MIGRATE", "x", NULL },
	{ FN64(0x05), "MIGRATE", "x", NULL },
	{ FN(0x06), "MIGRATE_INFO_TYPE", "", migrate_info_type },
	{ FN(0x07), "MIGRATE_INFO_UP_CPU", "", NULL },
	{ FN64(0x07), "MIGRATE_INFO_UP_CPU", "", NULL },
	{ FN(0x08), "SYSTEM_OFF", "", system_off },
	{ FN(0x09), "SYSTEM_RESET", "", system_reset },
	{ FN(0x0a), "PSCI_FEATURES", "x", features },
	{ FN(0x0b), "CPU_FREEZE", "", NULL },
	{ FN(0x0c), "CPU_DEFAULT_SUSPEND", "xx", NULL },
	{ FN64(0x0c), "CPU_DEFAULT_SUSPEND", "xx", NULL },
	{ FN(0x0d), "NODE_HW_STATE", "xx", NULL },
	{ FN64(0x0d), "NODE_HW_STATE", "xx", NULL },
	{ FN(0x0e), "SYSTEM_SUSPEND", "xx", system_suspend },
	{ FN64(0x0e), "SYSTEM_SUSPEND", "xx", system_suspend },
	{ FN(0x0f), "SET_SUSPEND_MODE", "x", NULL },
	{ FN(0x10), "STAT_RESIDENCY", "xx", NULL },
	{ FN64(0x10), "STAT_RESIDENCY", "xx", NULL },
	{ FN(0x11), "STAT_COUNT", "xx", NULL },
	{ FN64(0x11), "STAT_COUNT", "xx", NULL },
	{ FN(0x12), "SYSTEM_RESET2", "xx", system_reset2 },
	{ FN64(0x12), "SYSTEM_RESET2", "wx", system_reset2 },
	{ FN(0x13), "MEM_PROTECT", "x", NULL },
	{ FN(0x14), "MEM_PROTECT_CHECK_RANGE", "xx", NULL },
	{ FN64(0x14), "MEM_PROTECT_CHECK_RANGE", "xx", NULL },
	{ FN(0x15), "SYSTEM_OFF2", "xx", system_off2 },
	{ FN64(0x15), "SYSTEM_OFF2", "wx", system_off2 },
	{ }
};

static const struct answer answers[] = {
	{ SUCCESS, "SUCCESS" },
	{ NOT_SUPPORTED, "NOT_SUPPORTED" },
	{ INVALID_PARAMETERS, "INVALID_PARAMETERS" },
	{ DENIED, "DENIED" },
	{ ALREADY_ON, "ALREADY_ON" },
	{ ON_PENDING, "ON_PENDING" },
	{ INVALID_ADDRESS, "INVALID_ADDRESS" },
	{ }
};

const struct service psci_service = {
	.name = "psci",
	.ranges = { { 0x84000000, 0x20 }, { 0xc4000000, 0x20 } },
	.functions = functions,
	.answers = answers,
	.vcpu_kicked = wake,
};

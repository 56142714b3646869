// SPDX-License-Identifier: GPL-2.0
/*
 * Power State Coordination Interface 1.1, Arm DEN0022. Which vCPUs may be on is
 * the VMM's policy: CPU_ON of one that is not plugged is denied.
 */
#include <linux/psci.h>

#include "vmm.h"

#define SMCCC_VERSION		0x80000000u
#define POWER_STATE_ID		0xffffu
#define POWER_STATE_POWERDOWN	(1u << 16)

static const struct function functions[];

static int64_t version(struct vcpu *vcpu, struct call *call)
{
	return PSCI_VERSION(1, 1);
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
		return PSCI_RET_INVALID_PARAMS;
	if (!get_entry(vcpu, call->x[2], call->x[3], &entry))
		return PSCI_RET_INVALID_ADDRESS;
	if (target->power == POWER_ON)
		return PSCI_RET_ALREADY_ON;
	if (target->power == POWER_ON_PENDING)
		return PSCI_RET_ON_PENDING;
	if (!target->plugged)
		return PSCI_RET_DENIED;
	vcpu_power_on(target, &entry);
	return PSCI_RET_SUCCESS;
}

/* 5.5: does not return */
static int64_t cpu_off(struct vcpu *vcpu, struct call *call)
{
	vcpu_power_off(vcpu);
	call->done = true;
	return 0;
}

/* 5.4: only power states of the core itself, which it wakes from by an interrupt */
static int64_t cpu_suspend(struct vcpu *vcpu, struct call *call)
{
	bool powerdown = call->x[1] & POWER_STATE_POWERDOWN;

	if (call->x[1] & ~(uint64_t)(POWER_STATE_ID | POWER_STATE_POWERDOWN))
		return PSCI_RET_INVALID_PARAMS;
	if (!get_entry(vcpu, call->x[2], call->x[3], &vcpu->entry) && powerdown)
		return PSCI_RET_INVALID_ADDRESS;
	vcpu->suspended = true;
	vcpu->powerdown = powerdown;
	vcpu_mp_state(vcpu, KVM_MP_STATE_SUSPENDED);
	call->done = true;
	return 0;
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
		vcpu_set(vcpu, REG_X(0), PSCI_RET_SUCCESS);
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
	int64_t state = PSCI_RET_INVALID_PARAMS;

	if (call->x[1] & ~AFFINITY_BITS || level > 3)
		return PSCI_RET_INVALID_PARAMS;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		struct vcpu *other = &machine->vcpus[i];

		if ((packed(other->mpidr) ^ packed(call->x[1])) >> 8 * level)
			continue;
		if (other->power == POWER_ON)
			return PSCI_0_2_AFFINITY_LEVEL_ON;
		if (other->power == POWER_ON_PENDING)
			state = PSCI_0_2_AFFINITY_LEVEL_ON_PENDING;
		else if (state < 0)
			state = PSCI_0_2_AFFINITY_LEVEL_OFF;
	}
	return state;
}

/* 5.9: no trusted OS that would care on which CPU it is */
static int64_t migrate_info_type(struct vcpu *vcpu, struct call *call)
{
	return PSCI_0_2_TOS_MP;
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

/* 5.12: of the architectural resets there is one, and no vendor's */
static int64_t system_reset2(struct vcpu *vcpu, struct call *call)
{
	if (call->x[1] != PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET)
		return PSCI_RET_INVALID_PARAMS;
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
		return PSCI_RET_SUCCESS;
	for (function = functions; function->name; function++)
		if (function->id == call->x[1] && function->call)
			return PSCI_RET_SUCCESS;	/* no flags: original power states */
	return PSCI_RET_NOT_SUPPORTED;
}

static const struct function functions[] = {
	{ PSCI_0_2_FN_PSCI_VERSION, "PSCI_VERSION", 0, version },
	{ PSCI_0_2_FN_CPU_SUSPEND, "CPU_SUSPEND", 3, cpu_suspend },
	{ PSCI_0_2_FN64_CPU_SUSPEND, "CPU_SUSPEND", 3, cpu_suspend },
	{ PSCI_0_2_FN_CPU_OFF, "CPU_OFF", 0, cpu_off },
	{ PSCI_0_2_FN_CPU_ON, "CPU_ON", 3, cpu_on },
	{ PSCI_0_2_FN64_CPU_ON, "CPU_ON", 3, cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO, "AFFINITY_INFO", 2, affinity_info },
	{ PSCI_0_2_FN64_AFFINITY_INFO, "AFFINITY_INFO", 2, affinity_info },
	{ PSCI_0_2_FN_MIGRATE, "MIGRATE", 1, NULL },
	{ PSCI_0_2_FN64_MIGRATE, "MIGRATE", 1, NULL },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE, "MIGRATE_INFO_TYPE", 0, migrate_info_type },
	{ PSCI_0_2_FN_MIGRATE_INFO_UP_CPU, "MIGRATE_INFO_UP_CPU", 0, NULL },
	{ PSCI_0_2_FN64_MIGRATE_INFO_UP_CPU, "MIGRATE_INFO_UP_CPU", 0, NULL },
	{ PSCI_0_2_FN_SYSTEM_OFF, "SYSTEM_OFF", 0, system_off },
	{ PSCI_0_2_FN_SYSTEM_RESET, "SYSTEM_RESET", 0, system_reset },
	{ PSCI_1_0_FN_PSCI_FEATURES, "PSCI_FEATURES", 1, features },
	{ PSCI_1_0_FN_CPU_FREEZE, "CPU_FREEZE", 0, NULL },
	{ PSCI_1_0_FN_CPU_DEFAULT_SUSPEND, "CPU_DEFAULT_SUSPEND", 2, NULL },
	{ PSCI_1_0_FN64_CPU_DEFAULT_SUSPEND, "CPU_DEFAULT_SUSPEND", 2, NULL },
	{ PSCI_1_0_FN_NODE_HW_STATE, "NODE_HW_STATE", 2, NULL },
	{ PSCI_1_0_FN64_NODE_HW_STATE, "NODE_HW_STATE", 2, NULL },
	{ PSCI_1_0_FN_SYSTEM_SUSPEND, "SYSTEM_SUSPEND", 2, NULL },
	{ PSCI_1_0_FN64_SYSTEM_SUSPEND, "SYSTEM_SUSPEND", 2, NULL },
	{ PSCI_1_0_FN_SET_SUSPEND_MODE, "SET_SUSPEND_MODE", 1, NULL },
	{ PSCI_1_0_FN_STAT_RESIDENCY, "STAT_RESIDENCY", 2, NULL },
	{ PSCI_1_0_FN64_STAT_RESIDENCY, "STAT_RESIDENCY", 2, NULL },
	{ PSCI_1_0_FN_STAT_COUNT, "STAT_COUNT", 2, NULL },
	{ PSCI_1_0_FN64_STAT_COUNT, "STAT_COUNT", 2, NULL },
	{ PSCI_1_1_FN_SYSTEM_RESET2, "SYSTEM_RESET2", 2, system_reset2 },
	{ PSCI_1_1_FN64_SYSTEM_RESET2, "SYSTEM_RESET2", 2, system_reset2 },
	{ PSCI_1_1_FN_MEM_PROTECT, "MEM_PROTECT", 1, NULL },
	{ PSCI_1_1_FN_MEM_PROTECT_CHECK_RANGE, "MEM_PROTECT_CHECK_RANGE", 2, NULL },
	{ PSCI_1_1_FN64_MEM_PROTECT_CHECK_RANGE, "MEM_PROTECT_CHECK_RANGE", 2, NULL },
	{ }
};

static const struct answer answers[] = {
	{ PSCI_RET_SUCCESS, "SUCCESS" },
	{ PSCI_RET_NOT_SUPPORTED, "NOT_SUPPORTED" },
	{ PSCI_RET_INVALID_PARAMS, "INVALID_PARAMETERS" },
	{ PSCI_RET_DENIED, "DENIED" },
	{ PSCI_RET_ALREADY_ON, "ALREADY_ON" },
	{ PSCI_RET_ON_PENDING, "ON_PENDING" },
	{ PSCI_RET_INVALID_ADDRESS, "INVALID_ADDRESS" },
	{ }
};

const struct service psci_service = {
	.name = "psci",
	.ranges = { { 0x84000000, 0x20 }, { 0xc4000000, 0x20 } },
	.functions = functions,
	.answers = answers,
	.vcpu_kicked = wake,
};

// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which registers of a guest may differ between the host that it comes from and this one.
 * Without a rule, a register has to be listed here and take its value. A register that
 * is listed here alone keeps its reset value: the id registers, which are the guest's own,
 * do not show what it is for. A bitmap of services that is listed here alone becomes 0.
 */
#include <stdio.h>

#include "registers.h"
#include "vmm.h"

#define ID(crm, op2)	ARM64_SYS_REG(3, 0, 0, crm, op2)
#define ALL		(~0ull)
#define CCSIDR		(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | \
			 KVM_REG_ARM_DEMUX_ID_CCSIDR)
#define FW_BMAP_2	KVM_REG_ARM_FW_FEAT_BMAP_REG(3)	/* not in older headers */

const struct rule rules[] = {
	/*
	 * VH is whether the host is at EL2 itself, which a guest at EL1 can make no use of, and
	 * which no kernel lets a VMM set. HCX is a register of EL2, and 6.12 does not let
	 * it be set either.
	 */
	{ ID(7, 1), "ID_AA64MMFR1_EL1", .may_differ = 0xfull << 40 | 0xfull << 8,
	  .limited = 0xfull << 40, .most = 0 },
	/* What 6.1 shows of the debug architecture at most: Armv8.0's */
	{ ID(5, 0), "ID_AA64DFR0_EL1", .limited = 0xf, .most = 6 },
	/*
	 * What caches there are: 6.1 shows the hardware's, later kernels some that they make
	 * up. It is for loops over sets and ways, which KVM traps and does itself. But
	 * whether LoUU and LoUIS are 0 tells what has to be cleaned for instructions.
	 */
	{ ARM64_SYS_REG(3, 1, 0, 0, 1), "CLIDR_EL1", .may_differ = 0x7fffc71fffffull },
	/*
	 * The physical timer, which 6.1 does not list. It is not missed as long as it is off,
	 * and the guest sees the host's counter.
	 */
	{ KVM_REG_ARM_PTIMER_CTL, "CNTP_CTL_EL0", .may_lack = true, .if_clear = 1 },
	{ KVM_REG_ARM_PTIMER_CVAL, "CNTP_CVAL_EL0", .may_lack = true },
	{ KVM_REG_ARM_PTIMER_CNT, "CNTPCT_EL0", .may_lack = true },
	/* 6.12 lists them even if ID_AA64MMFR3_EL1 does not have what they are for */
	{ ARM64_SYS_REG(3, 0, 2, 0, 3), "TCR2_EL1", .may_lack = true },
	{ ARM64_SYS_REG(3, 0, 10, 2, 2), "PIRE0_EL1", .may_lack = true },
	{ ARM64_SYS_REG(3, 0, 10, 2, 3), "PIR_EL1", .may_lack = true },
	/* KVM's own PSCI, which nobody sees where the filter forwards PSCI: see rule_of() */
	{ KVM_REG_ARM_PSCI_VERSION, "PSCI_VERSION", .may_differ = ALL, .limited = 0xffffffff,
	  .most = 1 << 16 | 1 },
	/* A service that the guest may have found has to be there; none may appear */
	{ KVM_REG_ARM_STD_BMAP, "STD_BMAP", .limited = ALL, .most = 1 },
	{ KVM_REG_ARM_STD_HYP_BMAP, "STD_HYP_BMAP", .limited = ALL, .most = 1 },
	{ KVM_REG_ARM_VENDOR_HYP_BMAP, "VENDOR_HYP_BMAP", .limited = ALL, .most = 3 },
	{ FW_BMAP_2, "VENDOR_HYP_BMAP_2", .may_lack = true, .if_clear = ALL, .limited = ALL },
	/* Vector lengths: what the guest has found has to be there */
	{ KVM_REG_ARM64_SVE_VLS, "SVE_VLS", .may_lack = false },
	{ }
};

/* The id registers S3_0_C0_C0_0 to S3_0_C0_C7_7 */
static const char *const ids[8][8] = {
	[0] = { "MIDR", [5] = "MPIDR", "REVIDR" },
	[1] = { "ID_PFR0", "ID_PFR1", "ID_DFR0", "ID_AFR0", "ID_MMFR0", "ID_MMFR1", "ID_MMFR2",
		"ID_MMFR3" },
	[2] = { "ID_ISAR0", "ID_ISAR1", "ID_ISAR2", "ID_ISAR3", "ID_ISAR4", "ID_ISAR5",
		"ID_MMFR4", "ID_ISAR6" },
	[3] = { "MVFR0", "MVFR1", "MVFR2", [4] = "ID_PFR2", "ID_DFR1", "ID_MMFR5" },
	[4] = { "ID_AA64PFR0", "ID_AA64PFR1", [4] = "ID_AA64ZFR0", "ID_AA64SMFR0" },
	[5] = { [1] = "ID_AA64DFR1" },
	[6] = { "ID_AA64ISAR0", "ID_AA64ISAR1", "ID_AA64ISAR2" },
	[7] = { "ID_AA64MMFR0", [2] = "ID_AA64MMFR2", "ID_AA64MMFR3", "ID_AA64MMFR4" },
};

const struct rule *rule_of(const struct machine *machine, uint64_t id)
{
	const struct rule *rule;
	/* As CLIDR_EL1: one for each cache, and later kernels list more of them */
	static const struct rule ccsidr = { .may_lack = true, .may_differ = ALL };

	if ((id & ~(uint64_t)KVM_REG_ARM_DEMUX_VAL_MASK) == CCSIDR)
		return &ccsidr;
	for (rule = rules; rule->id; rule++)
		if (rule->id == id && (id != KVM_REG_ARM_PSCI_VERSION || machine->services))
			break;
	return rule;
}

bool is_bitmap(uint64_t id)
{
	return (id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM_FW_FEAT_BMAP;
}

/* As the architecture or KVM has it, a system register without a name as S3_0_C0_C7_5 */
const char *register_name(uint64_t id, char name[64])
{
	unsigned int crm = id >> 3 & 15, op2 = id & 7;

	for (const struct rule *rule = rules; rule->id; rule++)
		if (rule->id == id)
			return rule->name;
	if (crm < 8 && id == ID(crm, op2) && ids[crm][op2])
		snprintf(name, 64, "%s_EL1", ids[crm][op2]);
	else if ((id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM64_SYSREG)
		snprintf(name, 64, "S%u_%u_C%u_C%u_%u", (unsigned int)id >> 14 & 3,
			 (unsigned int)id >> 11 & 7, (unsigned int)id >> 7 & 15, crm, op2);
	else if ((id & ~(uint64_t)KVM_REG_ARM_DEMUX_VAL_MASK) == CCSIDR)
		snprintf(name, 64, "CCSIDR_%u", (unsigned int)id & KVM_REG_ARM_DEMUX_VAL_MASK);
	else
		snprintf(name, 64, "%#lx", id);
	return name;
}

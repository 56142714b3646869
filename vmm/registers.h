/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The registers of a vCPU by KVM's ids, and their fields, Arm DDI 0487. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <linux/kvm.h>

#define CORE_REG(name)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			 KVM_REG_ARM_CORE_REG(name))
#define REG_X(n)	CORE_REG(regs.regs[n])
#define REG_PC		CORE_REG(regs.pc)
#define REG_PSTATE	CORE_REG(regs.pstate)
#define REG_ELR_EL1	CORE_REG(elr_el1)
#define REG_SPSR_EL1	CORE_REG(spsr[0])
#define REG_SCTLR_EL1	ARM64_SYS_REG(3, 0, 1, 0, 0)
#define REG_MPIDR_EL1	ARM64_SYS_REG(3, 0, 0, 0, 5)

#define SCTLR_SPAN	(1ul << 23)
#define SCTLR_EE	(1ul << 25)
#define SCTLR_DSSBS	(1ul << 44)

#define PSTATE_EL1H_DAIF 0x3c5ul
#define PSTATE_SSBS	(1ul << 12)
#define PSTATE_PAN	(1ul << 22)
#define PSTATE_DIT	(1ul << 24)
#define PSTATE_NZCV	(0xful << 28)

#endif

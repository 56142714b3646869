// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What of the host's CPUs the guest's have, and what has to be done before it is there. */
#include <sys/ioctl.h>

#include "vmm.h"

/*
 * SVE, pointer authentication and a PMU, where the host has them, with all that they can
 * do. A guest that comes from elsewhere keeps what it has; one that is to go to 6.1 has no
 * PMU, whose version is lower there. Before KVM_ARM_VCPU_INIT.
 */
void features_choose(struct vcpu *vcpu)
{
	static const struct { int capability, feature; const char *name; } known[] = {
		{ KVM_CAP_ARM_SVE, KVM_ARM_VCPU_SVE, "SVE" },
		{ KVM_CAP_ARM_PTRAUTH_ADDRESS, KVM_ARM_VCPU_PTRAUTH_ADDRESS, "pointer keys" },
		{ KVM_CAP_ARM_PTRAUTH_GENERIC, KVM_ARM_VCPU_PTRAUTH_GENERIC, "a generic key" },
		{ KVM_CAP_ARM_PMU_V3, KVM_ARM_VCPU_PMU_V3, "a PMU" },
	};
	const struct options *options = vcpu->machine->options;
	uint32_t wanted = options->features;

	vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		if (wanted && !(wanted & 1u << known[i].feature))
			continue;
		if (options->compatible && known[i].feature == KVM_ARM_VCPU_PMU_V3)
			continue;
		if (ioctl(vcpu->machine->vm, KVM_CHECK_EXTENSION, known[i].capability) > 0)
			vcpu->init.features[0] |= 1u << known[i].feature;
		else if (wanted)
			die("cannot go on here: the guest has %s, and this host has not",
			    known[i].name);
	}
}

static bool has(const struct vcpu *vcpu, int feature)
{
	return vcpu->init.features[0] & 1u << feature;
}

/*
 * Nothing of SVE changes any more; with the vector lengths of a guest of another host, if
 * the kernel takes them. After KVM_ARM_VCPU_INIT.
 */
void features_finalize(struct vcpu *vcpu)
{
	const struct options *options = vcpu->machine->options;
	int sve = KVM_ARM_VCPU_SVE;

	if (!has(vcpu, KVM_ARM_VCPU_SVE))
		return;
	if (options->features)
		vcpu_one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_ARM64_SVE_VLS, options->vector_lengths);
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_FINALIZE, "KVM_ARM_VCPU_FINALIZE", &sve);
}

bool vcpu_has_pmu(const struct vcpu *vcpu)
{
	return has(vcpu, KVM_ARM_VCPU_PMU_V3);
}

/* After the GIC, for its interrupt. A reset of the vCPU leaves both in place */
void vcpu_start_pmu(struct vcpu *vcpu)
{
	int intid = 16 + PMU_PPI;
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VCPU_PMU_V3_CTRL,
		.attr = KVM_ARM_VCPU_PMU_V3_IRQ,
		.addr = (uintptr_t)&intid,
	};

	if (!vcpu_has_pmu(vcpu))
		return;
	vcpu_ioctl(vcpu, KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR of the PMU's interrupt", &attr);
	attr.attr = KVM_ARM_VCPU_PMU_V3_INIT;
	vcpu_ioctl(vcpu, KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR of the PMU", &attr);
}

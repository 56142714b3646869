// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The host's CPUs: whether the guest can run on all of them, what of them its vCPUs have,
 * and what has to be done before it is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm.h"

#define MIDR_KIND	0xff0ffff0ul	/* implementer and part, not the revision */

/* 0 if the kernel does not tell */
static unsigned long kind_of(unsigned int cpu)
{
	char path[80], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1",
		 cpu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strtoul(text, NULL, 16) & MIDR_KIND;
}

/*
 * KVM resets a vCPU, and gives it a PMU, only on the kind of CPU on which it did so at
 * first. Says how to keep the VMM on one kind, if it may run on more.
 */
void host_check(void)
{
	unsigned long kind = 0, other = 0;
	cpu_set_t allowed;
	char list[512];
	size_t n = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && n < sizeof(list) - 8; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (!n)
			kind = kind_of(cpu);
		if (kind_of(cpu) == kind)
			n += snprintf(list + n, sizeof(list) - n, "%s%u", n ? "," : "", cpu);
		else
			other = kind_of(cpu);
	}
	if (other)
		fprintf(stderr, "vmm: this host has more than one kind of CPU; keep the VMM on one: taskset -c %s\n",
			list);
}

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
		if ((wanted && !(wanted & 1u << known[i].feature)) ||
		    (options->compatible && known[i].feature == KVM_ARM_VCPU_PMU_V3))
			continue;
		if (ioctl(vcpu->machine->vm, KVM_CHECK_EXTENSION, known[i].capability) > 0)
			vcpu->init.features[0] |= 1u << known[i].feature;
		else if (wanted)
			die("cannot go on here: the guest has %s, and this host has not",
			    known[i].name);
	}
}

bool vcpu_has(const struct vcpu *vcpu, int feature)
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

	if (!vcpu_has(vcpu, KVM_ARM_VCPU_SVE))
		return;
	if (options->features)
		vcpu_one_reg(vcpu, KVM_SET_ONE_REG, KVM_REG_ARM64_SVE_VLS,
			     (void *)options->vector_lengths);
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_FINALIZE, "KVM_ARM_VCPU_FINALIZE", &sve);
}

/* After the GIC, for its interrupt. A reset of the vCPU leaves both in place */
void vcpu_start_pmu(struct vcpu *vcpu)
{
	int intid = 16 + PMU_PPI;
	const uint32_t group = KVM_ARM_VCPU_PMU_V3_CTRL;

	if (!vcpu_has(vcpu, KVM_ARM_VCPU_PMU_V3))
		return;
	if (device_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, group, KVM_ARM_VCPU_PMU_V3_IRQ, &intid) ||
	    device_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, group, KVM_ARM_VCPU_PMU_V3_INIT, NULL))
		die("KVM_SET_DEVICE_ATTR of the PMU on vCPU %u: %s", vcpu->view.index,
		    strerror(errno));
}

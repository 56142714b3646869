// SPDX-License-Identifier: GPL-2.0
/* The kernel's SMCCC filter: is it there, and set a range of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

static const char *const actions[] = {
	[KVM_SMCCC_FILTER_HANDLE] = "handle",
	[KVM_SMCCC_FILTER_DENY] = "deny",
	[KVM_SMCCC_FILTER_FWD_TO_USER] = "forward",
};

/*
 * "Not there" and "there, but cannot be set" are different things: this is the
 * first alone. A kernel without the attribute says ENXIO, one without any
 * attribute on the VM fd EINVAL or ENOTTY.
 */
bool filter_exists(struct machine *machine)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
	};

	if (!ioctl(machine->vm, KVM_HAS_DEVICE_ATTR, &attr))
		return true;
	if (errno != ENXIO && errno != EINVAL && errno != ENOTTY)
		die("KVM_HAS_DEVICE_ATTR of the SMCCC filter: %s", strerror(errno));
	return false;
}

static const char *reason(int error)
{
	switch (error) {
	case EEXIST:	return "it overlaps a range that is set, or the architecture's";
	case EBUSY:	return "a vCPU has run";
	default:	return strerror(error);
	}
}

/* Sets a range for @owner; before any vCPU has run */
void filter_set(struct machine *machine, const struct kvm_smccc_filter *filter, const char *owner)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)filter,
	};

	if (ioctl(machine->vm, KVM_SET_DEVICE_ATTR, &attr))
		die("SMCCC filter 0x%08x+0x%x=%s of %s: %s", filter->base, filter->nr_functions,
		    actions[filter->action], owner, reason(errno));
	if (machine->options->verbose)
		fprintf(stderr, "vmm: SMCCC filter 0x%08x+0x%x=%s, %s\n", filter->base,
			filter->nr_functions, actions[filter->action], owner);
}

static bool parse_u32(const char **text, uint32_t *value)
{
	unsigned long long number;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	number = strtoull(*text, &end, 0);
	if (errno || number > UINT32_MAX)
		return false;
	*value = number;
	*text = end;
	return true;
}

/* BASE+N=ACTION; whether the range makes sense is for the kernel to say */
bool filter_parse(const char *text, struct kvm_smccc_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	if (!parse_u32(&text, &filter->base) || *text++ != '+' ||
	    !parse_u32(&text, &filter->nr_functions) || *text++ != '=')
		return false;
	for (filter->action = 0; filter->action < ARRAY_SIZE(actions); filter->action++)
		if (!strcmp(text, actions[filter->action]))
			return true;
	return false;
}

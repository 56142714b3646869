// SPDX-License-Identifier: GPL-2.0
/* The kernel's SMCCC filter: is it there, set a range of it, read it back. */
#include <errno.h>
#include <stdio.h>
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

static const char *refusal(int error)
{
	if (error == EEXIST)
		return "it overlaps a range that is set, or the architecture's";
	return error == EBUSY ? "a vCPU has run" : strerror(error);
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
		    actions[filter->action], owner, refusal(errno));
	if (machine->options->verbose && !machine->again)
		fprintf(stderr, "vmm: SMCCC filter 0x%08x+0x%x=%s, %s\n", filter->base,
			filter->nr_functions, actions[filter->action], owner);
}

/*
 * Prints the ranges that are set, as they were set. The kernel answers with the
 * first that ends at or after a function ID, and ENOENT if there is none.
 */
void filter_show(struct machine *machine)
{
	bool empty = true;
	struct kvm_smccc_filter filter = { };
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)&filter,
	};

	while (!ioctl(machine->vm, KVM_GET_DEVICE_ATTR, &attr)) {
		empty = false;
		fprintf(stderr, "vmm: the kernel's SMCCC filter: 0x%08x+0x%x=%s\n", filter.base,
			filter.nr_functions, actions[filter.action]);
		filter.base += filter.nr_functions;
		if (!filter.base)
			return;
	}
	if (errno != ENOENT)
		die("--show-filter: this kernel cannot read its SMCCC filter back: %s; use --verbose",
		    strerror(errno));
	if (empty)
		fprintf(stderr, "vmm: the kernel's SMCCC filter is empty\n");
}

/* BASE+N=ACTION; whether the range makes sense is for the kernel to say */
bool filter_parse(const char *text, struct kvm_smccc_filter *filter)
{
	uint64_t base, nr;

	if (!parse_number(text, UINT32_MAX, &base, &text) || *text++ != '+' ||
	    !parse_number(text, UINT32_MAX, &nr, &text) || *text++ != '=')
		return false;
	*filter = (struct kvm_smccc_filter){ .base = base, .nr_functions = nr };
	for (filter->action = 0; filter->action < ARRAY_SIZE(actions); filter->action++)
		if (!strcmp(text, actions[filter->action]))
			return true;
	return false;
}

// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The kernel's SMCCC filter: is it there, set a range of it, read it back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"

static const char *const actions[] = {
	[KVM_SMCCC_FILTER_HANDLE] = "handle",
	[KVM_SMCCC_FILTER_DENY] = "deny",
	[KVM_SMCCC_FILTER_FWD_TO_USER] = "forward",
};

static int filter_attr(struct machine *machine, unsigned long request, void *filter)
{
	return device_attr(machine->vm, request, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER,
			   filter);
}

/*
 * "Not there" and "there, but cannot be set" are different things: this is the
 * first alone. A kernel without the attribute says ENXIO, one without any
 * attribute on the VM fd EINVAL or ENOTTY.
 */
bool filter_exists(struct machine *machine)
{
	if (!filter_attr(machine, KVM_HAS_DEVICE_ATTR, NULL))
		return true;
	if (errno != ENXIO && errno != EINVAL && errno != ENOTTY)
		die("KVM_HAS_DEVICE_ATTR of the SMCCC filter: %s", strerror(errno));
	return false;
}

void filter_set(struct machine *machine, const struct kvm_smccc_filter *filter, const char *owner)
{
	if (filter_attr(machine, KVM_SET_DEVICE_ATTR, (void *)filter))
		die("SMCCC filter 0x%08x+0x%x=%s of %s: %s", filter->base, filter->nr_functions,
		    actions[filter->action], owner,
		    errno == EEXIST ? "it overlaps a range that is set, or the architecture's" :
		    errno == EBUSY ? "a vCPU has run" : strerror(errno));
	if (machine->options->verbose && !machine->again)
		fprintf(stderr, "vmm: SMCCC filter 0x%08x+0x%x=%s, %s\n", filter->base,
			filter->nr_functions, actions[filter->action], owner);
}

/*
 * Reads the ranges that are set, as they were set, at most @room. The kernel answers with
 * the first that ends at or after a function ID, and ENOENT if there is none. Returns how
 * many, or -1 with errno if this kernel cannot, or if there are more.
 */
int filter_read(struct machine *machine, struct kvm_smccc_filter *ranges, unsigned int room)
{
	struct kvm_smccc_filter filter = { };
	unsigned int nr = 0;

	while (!filter_attr(machine, KVM_GET_DEVICE_ATTR, &filter)) {
		if (nr == room) {
			errno = E2BIG;
			return -1;
		}
		ranges[nr++] = filter;
		filter.base += filter.nr_functions;
		if (!filter.base)
			return nr;
	}
	return errno == ENOENT ? (int)nr : -1;
}

void filter_show(struct machine *machine)
{
	struct kvm_smccc_filter ranges[MAX_RANGES];
	int nr = filter_read(machine, ranges, ARRAY_SIZE(ranges));

	if (nr < 0)
		die("--show-filter: this kernel cannot read its SMCCC filter back: %s; use --verbose",
		    strerror(errno));
	for (int i = 0; i < nr; i++)
		fprintf(stderr, "vmm: the kernel's SMCCC filter: 0x%08x+0x%x=%s\n", ranges[i].base,
			ranges[i].nr_functions, actions[ranges[i].action]);
	if (!nr)
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

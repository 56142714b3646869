// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a service sees of the guest: the registers of the vCPU that calls, its memory,
 * who else there is and a way to make them look up.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "registers.h"
#include "vmm.h"

static struct vcpu *vcpu_of(const struct view *view)
{
	return &view->machine->vcpus[view->index];
}

/* A request to a vCPU that must succeed */
void vcpu_ioctl(struct vcpu *vcpu, unsigned long request, const char *name, void *arg)
{
	if (ioctl(vcpu->fd, request, arg))
		die("%s on vCPU %u: %s", name, vcpu->view.index, strerror(errno));
}

int vcpu_one_reg(struct vcpu *vcpu, unsigned long request, uint64_t id, void *value)
{
	struct kvm_one_reg one = { .id = id, .addr = (uintptr_t)value };

	return ioctl(vcpu->fd, request, &one);
}

uint64_t view_get(const struct view *view, uint64_t reg)
{
	uint64_t value = 0;
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)&value };

	vcpu_ioctl(vcpu_of(view), KVM_GET_ONE_REG, "KVM_GET_ONE_REG", &one);
	return value;
}

void view_set(const struct view *view, uint64_t reg, uint64_t value)
{
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)&value };

	vcpu_ioctl(vcpu_of(view), KVM_SET_ONE_REG, "KVM_SET_ONE_REG", &one);
}

/*
 * x0-x17 at the exit of a forwarded call. They came with KVM_RUN, or cost a
 * system call each.
 */
uint64_t view_argument(const struct view *view, unsigned int n)
{
	if (view->machine->sync_regs)
		return SYNC_REGS(vcpu_of(view)->run)[n];
	return view_get(view, REG_X(n));
}

/*
 * The answer to a forwarded call: the first @nr of x0-x17. It goes with the next
 * KVM_RUN, before which nothing else may write to any of x0-x17: all of them
 * are loaded.
 */
void view_answer(const struct view *view, const uint64_t *x, unsigned int nr)
{
	struct kvm_run *run = vcpu_of(view)->run;

	for (unsigned int i = 0; i < nr; i++) {
		if (view->machine->sync_regs)
			SYNC_REGS(run)[i] = x[i];
		else
			view_set(view, REG_X(i), x[i]);
	}
	if (view->machine->sync_regs)
		run->kvm_dirty_regs = KVM_SYNC_ARM64_SMCCC;
}

bool view_big_endian(const struct view *view)
{
	return view_get(view, REG_SCTLR_EL1) & SCTLR_EE;
}

bool view_has_ram(const struct view *view, uint64_t addr, uint64_t size)
{
	uint64_t memory = view->machine->options->memory, offset = addr - RAM_BASE;

	return addr >= RAM_BASE && offset < memory && size <= memory - offset;
}

int view_find(const struct view *view, uint64_t mpidr)
{
	for (unsigned int i = 0; i < view->nr_cpus; i++)
		if (view->cpus[i].mpidr == mpidr)
			return i;
	return -1;
}

/*
 * Makes a vCPU that is on leave the guest, and wakes the thread of one that is off.
 * immediate_exit covers the time between a look at it and KVM_RUN.
 */
void view_kick(const struct view *view, unsigned int index)
{
	struct vcpu *vcpu = &view->machine->vcpus[index];

	vcpu->is.kicked = true;
	pthread_cond_signal(&vcpu->wake);
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(vcpu->thread, KICK);
}

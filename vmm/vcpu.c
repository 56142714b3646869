// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU: a thread that waits until it is turned on and runs until it is turned
 * off. What another thread wants of one that runs starts with a kick.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vmm.h"

#define KICK		SIGUSR1

static void vcpu_ioctl(struct vcpu *vcpu, unsigned long request, const char *name, void *arg)
{
	if (ioctl(vcpu->fd, request, arg))
		die("%s on vCPU %u: %s", name, vcpu->index, strerror(errno));
}

uint64_t vcpu_get(struct vcpu *vcpu, uint64_t reg)
{
	uint64_t value = 0;
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)&value };

	vcpu_ioctl(vcpu, KVM_GET_ONE_REG, "KVM_GET_ONE_REG", &one);
	return value;
}

void vcpu_set(struct vcpu *vcpu, uint64_t reg, uint64_t value)
{
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)&value };

	vcpu_ioctl(vcpu, KVM_SET_ONE_REG, "KVM_SET_ONE_REG", &one);
}

/*
 * x0-x17 at the exit of a forwarded call. They came with KVM_RUN, or cost a
 * system call each.
 */
uint64_t vcpu_argument(struct vcpu *vcpu, unsigned int n)
{
	if (vcpu->machine->sync_regs)
		return SYNC_REGS(vcpu->run)[n];
	return vcpu_get(vcpu, REG_X(n));
}

/*
 * The answer to a forwarded call: the first @nr of x0-x17. It goes with the next
 * KVM_RUN, before which nothing else may write to any of x0-x17: all of them
 * are loaded.
 */
void vcpu_answer(struct vcpu *vcpu, const uint64_t *x, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (vcpu->machine->sync_regs)
			SYNC_REGS(vcpu->run)[i] = x[i];
		else
			vcpu_set(vcpu, REG_X(i), x[i]);
	}
	if (vcpu->machine->sync_regs)
		vcpu->run->kvm_dirty_regs = KVM_SYNC_ARM64_SMCCC;
}

/*
 * PSTATE after an exception that was taken to EL1h with PSTATE @interrupted, Arm
 * DDI 0487 D1.3.1: the flags and DIT stay, PAN is set unless SCTLR_EL1.SPAN says that
 * it stays, SSBS is SCTLR_EL1.DSSBS, all else is 0. The fields that stay are
 * at the same place in AArch32's PSTATE. TCO is for guests with MTE: ours has none.
 */
uint64_t exception_pstate(struct vcpu *vcpu, uint64_t interrupted)
{
	uint64_t sctlr = vcpu_get(vcpu, REG_SCTLR_EL1);
	uint64_t pstate = PSTATE_EL1H_DAIF;

	pstate |= interrupted & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
	if (!(sctlr & SCTLR_SPAN))
		pstate |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return pstate;
}

void vcpu_mp_state(struct vcpu *vcpu, uint32_t state)
{
	struct kvm_mp_state mp_state = { .mp_state = state };

	vcpu_ioctl(vcpu, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", &mp_state);
}

void vcpu_create(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;

	vcpu->fd = ioctl(machine->vm, KVM_CREATE_VCPU, (unsigned long)vcpu->index);
	if (vcpu->fd < 0)
		die("KVM_CREATE_VCPU of vCPU %u: %s", vcpu->index, strerror(errno));
	vcpu->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of vCPU %u: %s", vcpu->index, strerror(errno));
	if (machine->sync_regs)
		vcpu->run->kvm_valid_regs = KVM_SYNC_ARM64_SMCCC;

	vm_ioctl(machine, KVM_ARM_PREFERRED_TARGET, "KVM_ARM_PREFERRED_TARGET", &vcpu->init);
	vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	/* KVM's PSCI turns the others on itself, ours lets their threads wait */
	if (!machine->services && vcpu->index)
		vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, "KVM_ARM_VCPU_INIT", &vcpu->init);
	vcpu->mpidr = vcpu_get(vcpu, REG_MPIDR_EL1) & AFFINITY_BITS;
}

/* Resets the calling thread's own vCPU to start at @entry, with machine.lock held */
void vcpu_reset(struct vcpu *vcpu, const struct entry *entry)
{
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, "KVM_ARM_VCPU_INIT", &vcpu->init);
	vcpu_set(vcpu, REG_PC, entry->pc);
	vcpu_set(vcpu, REG_X(0), entry->x0);
	if (entry->big_endian)
		vcpu_set(vcpu, REG_SCTLR_EL1, vcpu_get(vcpu, REG_SCTLR_EL1) | SCTLR_EE);
	services_vcpu_reset(vcpu);
}

/*
 * Makes a vCPU that is on leave the guest, and call the services before it
 * goes back, and wakes the thread of one that is off; with machine.lock held.
 * immediate_exit covers the time between a look at it and KVM_RUN.
 */
void vcpu_kick(struct vcpu *vcpu)
{
	pthread_cond_signal(&vcpu->wake);
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(vcpu->thread, KICK);
}

/* Lets the thread of a vCPU that is off start it; with machine.lock held */
void vcpu_power_on(struct vcpu *vcpu, const struct entry *entry)
{
	vcpu->entry = *entry;
	vcpu->power = POWER_ON_PENDING;
	pthread_cond_signal(&vcpu->wake);
}

/*
 * Turns the calling thread's own vCPU off; with machine.lock held. When none is
 * left to turn another one on, the machine is off.
 */
void vcpu_power_off(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;

	vcpu->power = POWER_OFF;
	services_vcpu_off(vcpu);
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		if (machine->vcpus[i].power != POWER_OFF)
			return;
	fprintf(stderr, "vmm: the guest turned its last CPU off\n");
	machine_stop(machine, STOP_OFF);
}

/* Nothing is at an address that is not ours: it reads as 0 */
static void mmio(struct vcpu *vcpu)
{
	uint64_t addr = vcpu->run->mmio.phys_addr;
	bool is_write = vcpu->run->mmio.is_write;
	void *data = vcpu->run->mmio.data;

	if (!is_write)
		memset(data, 0, sizeof(vcpu->run->mmio.data));
	if (addr - SERIAL_BASE < SERIAL_SIZE)
		serial_mmio(addr - SERIAL_BASE, is_write, data, vcpu->run->mmio.len);
}

static void external_abort(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS", &events);
}

/* Between two guest instructions: KVM_RUN was interrupted, so no MMIO is half done */
static bool kicked(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;
	bool go_on;

	pthread_mutex_lock(&machine->lock);
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	services_vcpu_kicked(vcpu);
	go_on = machine->stop == STOP_NONE;
	pthread_mutex_unlock(&machine->lock);
	return go_on;
}

/* KVM's own PSCI tells the VMM what it cannot do itself */
static bool system_event(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;
	enum stop reason = STOP_OFF;

	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_WAKEUP:
		return kicked(vcpu);
	case KVM_SYSTEM_EVENT_RESET:
		reason = STOP_RESET;
		break;
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		break;
	default:
		die("vCPU %u: unknown system event %u", vcpu->index, vcpu->run->system_event.type);
	}
	pthread_mutex_lock(&machine->lock);
	machine_stop(machine, reason);
	pthread_mutex_unlock(&machine->lock);
	return false;
}

static bool hypercall(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;
	bool go_on;

	pthread_mutex_lock(&machine->lock);
	services_call(vcpu);
	go_on = machine->stop == STOP_NONE && vcpu->power == POWER_ON;
	pthread_mutex_unlock(&machine->lock);
	return go_on;
}

/* Returns whether the vCPU is to run on */
static bool run_once(struct vcpu *vcpu)
{
	if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
		/* exit_reason is that of an earlier exit, which was answered */
		if (errno == EINTR)
			return kicked(vcpu);
		die("KVM_RUN on vCPU %u: %s", vcpu->index, strerror(errno));
	}

	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_HYPERCALL:
		return hypercall(vcpu);
	case KVM_EXIT_MMIO:
		mmio(vcpu);
		return true;
	case KVM_EXIT_ARM_NISV:
		external_abort(vcpu);
		return true;
	case KVM_EXIT_SYSTEM_EVENT:
		return system_event(vcpu);
	default:
		die("vCPU %u: unknown exit reason %u", vcpu->index, vcpu->run->exit_reason);
	}
}

/* With machine.lock held, which it gives up while it waits */
static bool wait_for_power(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;

	while (machine->stop == STOP_NONE && vcpu->power != POWER_ON_PENDING)
		pthread_cond_wait(&vcpu->wake, &machine->lock);
	return machine->stop == STOP_NONE;
}

static void *vcpu_main(void *arg)
{
	struct vcpu *vcpu = arg;
	pthread_mutex_t *lock = &vcpu->machine->lock;

	pthread_mutex_lock(lock);
	while (wait_for_power(vcpu)) {
		vcpu_reset(vcpu, &vcpu->entry);
		vcpu->power = POWER_ON;
		pthread_mutex_unlock(lock);
		while (run_once(vcpu))
			;
		pthread_mutex_lock(lock);
	}
	pthread_mutex_unlock(lock);
	return NULL;
}

/* KVM's PSCI: every vCPU enters KVM_RUN, and those that are off wait there */
static void *vcpu_main_in_kvm(void *arg)
{
	struct vcpu *vcpu = arg;

	pthread_mutex_lock(&vcpu->machine->lock);
	if (!vcpu->index)
		vcpu_reset(vcpu, &vcpu->entry);
	vcpu->power = POWER_ON;
	pthread_mutex_unlock(&vcpu->machine->lock);
	while (run_once(vcpu))
		;
	return NULL;
}

static void on_kick(int signal)
{
}

void vcpu_start(struct vcpu *vcpu)
{
	struct sigaction kick = { .sa_handler = on_kick };	/* KVM_RUN is not restarted */
	bool services = vcpu->machine->services;

	sigaction(KICK, &kick, NULL);
	pthread_cond_init(&vcpu->wake, NULL);
	vcpu->power = POWER_OFF;
	vcpu->suspended = false;
	errno = pthread_create(&vcpu->thread, NULL, services ? vcpu_main : vcpu_main_in_kvm, vcpu);
	if (errno)
		die("thread of vCPU %u: %s", vcpu->index, strerror(errno));
}

// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A vCPU: a thread that waits until it is turned on and runs until it is turned
 * off. What another thread wants of one that runs starts with a kick. The power state
 * is this file's alone: services say what is to become of a vCPU, here it becomes so.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "registers.h"
#include "vmm.h"

static struct cpu *cpu_of(struct vcpu *vcpu)
{
	return &vcpu->machine->cpus[vcpu->view.index];
}

static void mp_state(struct vcpu *vcpu, uint32_t state)
{
	struct kvm_mp_state mp_state = { .mp_state = state };

	vcpu_ioctl(vcpu, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", &mp_state);
}

/*
 * Resets the calling thread's own vCPU; not with machine.lock held, for it takes long.
 * On a host with two kinds of CPU, KVM does so only on the kind on which it did at
 * first. Returns false, and says so, if it does not there either.
 */
static bool reset(struct vcpu *vcpu)
{
	cpu_set_t allowed, first;
	bool done;

	if (!ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &vcpu->init))
		return true;
	CPU_ZERO(&first);
	CPU_SET(vcpu->first_cpu, &first);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	sched_setaffinity(0, sizeof(first), &first);
	done = !ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &vcpu->init);
	if (!done)
		fprintf(stderr, "vmm: vCPU %u stays off: KVM_ARM_VCPU_INIT: %s; if this host has two kinds of CPU, keep the VMM on one (taskset -c)\n",
			vcpu->view.index, strerror(errno));
	sched_setaffinity(0, sizeof(allowed), &allowed);
	return done;
}

/* What follows a reset; with machine.lock held */
static void start_at_entry(struct vcpu *vcpu)
{
	const struct view *view = &vcpu->view;
	const struct entry *entry = &vcpu->is.entry;

	view_set(view, REG_PC, entry->pc);
	view_set(view, REG_X(0), entry->x0);
	if (entry->big_endian)
		view_set(view, REG_SCTLR_EL1, view_get(view, REG_SCTLR_EL1) | SCTLR_EE);
	services_hook(VCPU_RESET, view);
	cpu_of(vcpu)->power = POWER_ON;
}

/* Makes a vCPU of a machine whose cpus are all known; it is off */
void vcpu_create(struct machine *machine, unsigned int index)
{
	struct vcpu *vcpu = &machine->vcpus[index];
	uint64_t counter;

	*vcpu = (struct vcpu){ .machine = machine };
	vcpu->view = (struct view){ .index = index, .nr_cpus = machine->nr_vcpus,
				    .cpus = machine->cpus, .machine = machine };
	vcpu->fd = ioctl(machine->vm, KVM_CREATE_VCPU, (unsigned long)index);
	if (vcpu->fd < 0)
		die("KVM_CREATE_VCPU of vCPU %u: %s", index, reason(errno));
	vcpu->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of vCPU %u: %s", index, strerror(errno));
	if (machine->sync_regs)
		vcpu->run->kvm_valid_regs = KVM_SYNC_ARM64_SMCCC;

	vm_ioctl(machine, KVM_ARM_PREFERRED_TARGET, "KVM_ARM_PREFERRED_TARGET", &vcpu->init);
	features_choose(vcpu);
	/* KVM's PSCI turns the others on itself, ours lets their threads wait */
	if (!machine->services && index)
		vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, "KVM_ARM_VCPU_INIT", &vcpu->init);
	vcpu->first_cpu = sched_getcpu();
	features_finalize(vcpu);
	/* Both counters start at 0, by registers of their own if the kernel lists both */
	if (!index && !vcpu_one_reg(vcpu, KVM_GET_ONE_REG, KVM_REG_ARM_PTIMER_CNT, &counter)) {
		view_set(&vcpu->view, KVM_REG_ARM_PTIMER_CNT, 0);
		view_set(&vcpu->view, KVM_REG_ARM_TIMER_CNT, 0);
	}
	cpu_of(vcpu)->mpidr = view_get(&vcpu->view, REG_MPIDR_EL1) & AFFINITY_BITS;
	/* With KVM's PSCI, every vCPU enters KVM_RUN, and those that are off wait there */
	cpu_of(vcpu)->power = !machine->services && index ? POWER_ON : POWER_OFF;
	pthread_cond_init(&vcpu->wake, NULL);
}

void vcpu_power_on(struct vcpu *vcpu, const struct entry *entry)
{
	vcpu->is.entry = *entry;
	cpu_of(vcpu)->power = POWER_ON_PENDING;
	pthread_cond_signal(&vcpu->wake);
}

/* Asks every vCPU to stop, once; with machine.lock held. The first to ask decides. */
void vcpus_stop(struct machine *machine, enum stop stop)
{
	if (machine->stop != STOP_NONE)
		return;
	machine->stop = stop;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		view_kick(&machine->vcpus[i].view, i);
	pthread_cond_signal(&machine->rested);
}

/* With machine.lock held, which it gives up while the thread waits */
static void sleep_at_rest(struct vcpu *vcpu)
{
	vcpu->at_rest = true;
	pthread_cond_signal(&vcpu->machine->rested);
	pthread_cond_wait(&vcpu->wake, &vcpu->machine->lock);
	vcpu->at_rest = false;
}

/* Waits while no vCPU is to run */
static void rest(struct vcpu *vcpu)
{
	while (vcpu->machine->pausing && vcpu->machine->stop == STOP_NONE)
		sleep_at_rest(vcpu);
}

/*
 * Turns the calling thread's own vCPU off; with machine.lock held. When none is
 * left to turn another one on, the machine is off: returns true.
 */
static bool power_off(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;

	cpu_of(vcpu)->power = POWER_OFF;
	services_hook(VCPU_OFF, &vcpu->view);
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		if (machine->cpus[i].power != POWER_OFF)
			return false;
	vcpus_stop(machine, STOP_OFF);
	return true;
}

/* From its entry; with machine.lock held, which it gives up for the reset */
static void restart(struct vcpu *vcpu)
{
	bool is_reset;

	pthread_mutex_unlock(&vcpu->machine->lock);
	is_reset = reset(vcpu);
	pthread_mutex_lock(&vcpu->machine->lock);
	if (is_reset)
		start_at_entry(vcpu);
	else
		power_off(vcpu);
}

/* The end of SUSPEND: an interrupt for the vCPU, or another reason to look up; as above */
static void wake(struct vcpu *vcpu)
{
	vcpu->is.suspended = false;
	mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
	if (vcpu->is.powerdown)
		restart(vcpu);
	else
		view_set(&vcpu->view, REG_X(0), 0);
}

static const struct device *const devices[] = { &serial_device };

/* Nothing is at an address that is no device's: it reads as 0 */
static void mmio(struct vcpu *vcpu)
{
	uint64_t addr = vcpu->run->mmio.phys_addr;
	bool is_write = vcpu->run->mmio.is_write;
	void *data = vcpu->run->mmio.data;

	if (!is_write)
		memset(data, 0, sizeof(vcpu->run->mmio.data));
	for (const struct device *const *at = devices; at < devices + ARRAY_SIZE(devices); at++)
		if (addr - (*at)->base < (*at)->size)
			(*at)->access(addr - (*at)->base, is_write, data, vcpu->run->mmio.len);
}

/*
 * Between two guest instructions: KVM_RUN was interrupted, so no MMIO is half done. To
 * come to rest here is no reason for one that sleeps to wake.
 */
static bool kicked(struct vcpu *vcpu, bool is_wakeup)
{
	struct machine *machine = vcpu->machine;
	bool go_on;

	pthread_mutex_lock(&machine->lock);
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	rest(vcpu);
	is_wakeup |= vcpu->is.kicked;
	vcpu->is.kicked = false;
	if (vcpu->is.suspended && is_wakeup)
		wake(vcpu);
	services_hook(VCPU_KICKED, &vcpu->view);
	go_on = machine->stop == STOP_NONE && cpu_of(vcpu)->power == POWER_ON;
	pthread_mutex_unlock(&machine->lock);
	return go_on;
}

bool vcpus_end(struct machine *machine, enum stop stop)
{
	pthread_mutex_lock(&machine->lock);
	vcpus_stop(machine, stop);
	pthread_mutex_unlock(&machine->lock);
	return false;
}

/* KVM's own PSCI tells the VMM what it cannot do itself */
static bool system_event(struct vcpu *vcpu)
{
	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_WAKEUP:
		return kicked(vcpu, true);
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		return vcpus_end(vcpu->machine, STOP_OFF);
	case KVM_SYSTEM_EVENT_RESET:
		return vcpus_end(vcpu->machine, STOP_RESET);
	default:
		fprintf(stderr, "vmm: vCPU %u: the guest crashed: KVM's system event %u\n",
			vcpu->view.index, vcpu->run->system_event.type);
		return vcpus_end(vcpu->machine, STOP_CRASH);
	}
}

/* KVM cannot run the guest any more: what it says of that, in its own numbers */
static bool crash(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	unsigned int index = vcpu->view.index;

	if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		fprintf(stderr, "vmm: vCPU %u: KVM_EXIT_FAIL_ENTRY: reason %#llx, on CPU %u\n",
			index, run->fail_entry.hardware_entry_failure_reason, run->fail_entry.cpu);
	else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		fprintf(stderr, "vmm: vCPU %u: KVM_EXIT_INTERNAL_ERROR: suberror %u, %u data: %#llx, %#llx\n",
			index, run->internal.suberror, run->internal.ndata, run->internal.data[0],
			run->internal.data[1]);
	else
		fprintf(stderr, "vmm: vCPU %u: unknown exit reason %u\n", index, run->exit_reason);
	return vcpus_end(vcpu->machine, STOP_CRASH);
}

/* Carries out what a service has decided; with machine.lock held. True: none is left on */
static bool carry_out(struct vcpu *vcpu, const struct outcome *outcome)
{
	switch (outcome->kind) {
	case ANSWER:
	case CONTEXT:
		break;
	case TURN_ON:
		vcpu_power_on(&vcpu->machine->vcpus[outcome->target], &outcome->entry);
		break;
	case OFF:
		return power_off(vcpu);
	case SUSPEND:
		vcpu->is.suspended = true;
		vcpu->is.powerdown = outcome->powerdown;
		vcpu->is.entry = outcome->entry;
		mp_state(vcpu, KVM_MP_STATE_SUSPENDED);
		break;
	case STOP:
		vcpus_stop(vcpu->machine, outcome->stop);
		break;
	}
	return false;
}

static bool hypercall(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;
	bool is_last, is_served, go_on;
	struct served served;

	call_read(vcpu, &served);
	pthread_mutex_lock(&machine->lock);
	vcpu->is.has_call = true;
	rest(vcpu);
	vcpu->is.has_call = false;
	is_served = call_serve(vcpu, &served);
	is_last = is_served && carry_out(vcpu, &served.outcome);
	go_on = machine->stop == STOP_NONE && cpu_of(vcpu)->power == POWER_ON;
	pthread_mutex_unlock(&machine->lock);
	if (is_served)
		call_answer(vcpu, &served);
	if (is_last)
		fprintf(stderr, "vmm: the guest turned its last CPU off\n");
	return go_on;
}

/* Returns whether the vCPU is to run on */
static bool run_once(struct vcpu *vcpu)
{
	struct kvm_vcpu_events abort = { .exception.ext_dabt_pending = 1 };

	if (vcpu->is.has_call)		/* it came with the guest from another host */
		return hypercall(vcpu);
	if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
		/* exit_reason is that of an earlier exit, which was answered */
		if (errno == EINTR)
			return kicked(vcpu, false);
		die("KVM_RUN on vCPU %u: %s", vcpu->view.index, strerror(errno));
	}

	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_HYPERCALL:
		return hypercall(vcpu);
	case KVM_EXIT_MMIO:
		mmio(vcpu);
		return true;
	case KVM_EXIT_ARM_NISV:
		vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS", &abort);
		return true;
	case KVM_EXIT_SYSTEM_EVENT:
		return system_event(vcpu);
	default:
		return crash(vcpu);
	}
}

/* With machine.lock held, which it gives up while it waits */
static bool wait_for_power(struct vcpu *vcpu)
{
	struct machine *machine = vcpu->machine;

	while (machine->stop == STOP_NONE &&
	       (machine->pausing || cpu_of(vcpu)->power == POWER_OFF))
		sleep_at_rest(vcpu);
	return machine->stop == STOP_NONE;
}

/* While it is being reset, it is pending to everyone else */
static void *vcpu_main(void *arg)
{
	struct vcpu *vcpu = arg;
	pthread_mutex_t *lock = &vcpu->machine->lock;
	bool is_on;

	pthread_mutex_lock(lock);
	while (wait_for_power(vcpu)) {
		if (cpu_of(vcpu)->power == POWER_ON_PENDING)
			restart(vcpu);
		is_on = cpu_of(vcpu)->power == POWER_ON;
		pthread_mutex_unlock(lock);
		while (is_on && run_once(vcpu))
			;
		pthread_mutex_lock(lock);
	}
	pthread_mutex_unlock(lock);
	return NULL;
}

static void on_kick(int signal)
{
}

void vcpu_start(struct vcpu *vcpu)
{
	struct sigaction kick = { .sa_handler = on_kick };	/* KVM_RUN is not restarted */

	sigaction(KICK, &kick, NULL);
	start_thread(&vcpu->thread, vcpu_main, vcpu, "a vCPU");
}

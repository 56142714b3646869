// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A guest moves: all of it into a file, after which this VMM ends, or out of a file, which
 * is gone when the guest runs. It is never in two places.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "registers.h"
#include "vmm.h"

/* What has to be known before there is a machine */
struct shape {
	uint64_t memory_mib, nr_vcpus, smc, services, gicv2, features, vector_lengths[8];
	struct kernel_counts counts;
	uint64_t nr_ranges;
	struct kvm_smccc_filter ranges[MAX_RANGES];
};

/* A vCPU besides its registers */
struct thread {
	uint64_t plugged, power;
	struct standing is;
	uint64_t call, call_flags;	/* as kvm_run.hypercall has it, if there is one */
	struct kvm_mp_state mp_state;
	struct kvm_vcpu_events events;
};

/* Of the guest that comes out of a file */
static struct shape restored;

static void save_shape(struct machine *machine, struct buffer *to)
{
	struct shape shape = {
		.memory_mib = machine->options->memory_mib,
		.nr_vcpus = machine->nr_vcpus,
		.smc = machine->options->smc,
		.services = machine->services,
		.gicv2 = machine->gicv2,
		.features = machine->vcpus[0].init.features[0],
	};
	int nr = 0;

	vcpu_one_reg(&machine->vcpus[0], KVM_GET_ONE_REG, KVM_REG_ARM64_SVE_VLS,
		     shape.vector_lengths);
	machine_counts(machine, &shape.counts);
	if (machine->services || machine->options->nr_filters)
		nr = filter_read(machine, shape.ranges, MAX_RANGES);
	if (nr < 0)
		bad(to, "this kernel cannot read its SMCCC filter back: %s", strerror(errno));
	shape.nr_ranges = nr < 0 ? 0 : nr;
	append(to, &shape, sizeof(shape));
}

/* Its values go into bits, indexes and sizes */
static bool is_possible(const struct shape *shape, size_t memory)
{
	for (uint64_t i = 0; shape->nr_ranges <= MAX_RANGES && i < shape->nr_ranges; i++)
		if (shape->ranges[i].action > KVM_SMCCC_FILTER_FWD_TO_USER)
			return false;
	return shape->memory_mib >= 16 && shape->memory_mib <= 65536 &&
	       shape->memory_mib * MIB == memory && shape->nr_vcpus >= 1 &&
	       shape->nr_vcpus <= MAX_VCPUS && shape->smc <= 1 && shape->services <= 1 &&
	       shape->gicv2 <= 1 && shape->features && shape->features <= UINT32_MAX &&
	       shape->nr_ranges <= MAX_RANGES;
}

static void save_thread(struct vcpu *vcpu, struct buffer *to)
{
	const struct cpu *cpu = &vcpu->machine->cpus[vcpu->view.index];
	struct thread thread = {
		.plugged = cpu->plugged,
		.power = cpu->power,
		.is = vcpu->is,
		.call = vcpu->is.has_call ? vcpu->run->hypercall.nr : 0,
		.call_flags = vcpu->is.has_call ? vcpu->run->hypercall.flags : 0,
	};

	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &thread.mp_state) ||
	    ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &thread.events))
		bad(to, "state and events of vCPU %u: %s", vcpu->view.index, strerror(errno));
	append(to, &thread, sizeof(thread));
}

/* A call that is still to be served is as its exit leaves it; a kick is looked up first */
static void load_thread(struct vcpu *vcpu, struct buffer *from)
{
	struct cpu *cpu = &vcpu->machine->cpus[vcpu->view.index];
	struct kvm_run *run = vcpu->run;
	struct thread thread;

	take(from, &thread, sizeof(thread));
	if (thread.power > POWER_ON_PENDING)
		bad(from, "it has a vCPU that there cannot be");
	if (from->error[0])
		return;
	cpu->plugged = thread.plugged;
	cpu->power = thread.power;
	vcpu->is = thread.is;
	vcpu_ioctl(vcpu, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", &thread.mp_state);
	vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS", &thread.events);
	run->immediate_exit = thread.is.kicked;
	if (!thread.is.has_call)
		return;
	run->exit_reason = KVM_EXIT_HYPERCALL;
	run->hypercall.nr = thread.call;
	run->hypercall.flags = thread.call_flags;
	for (unsigned int i = 0; i < 18 && vcpu->machine->sync_regs; i++)
		SYNC_REGS(run)[i] = view_get(&vcpu->view, REG_X(i));
}

/*
 * The parts, as they are in the file and in the order in which they are loaded. The counters,
 * which are registers, go on from there: that is late. A call takes registers as they are.
 */
static const struct part {
	state_fn *save, *load;			/* of the machine, or */
	vcpu_state_fn *save_each, *load_each;	/* of each vCPU */
} parts[] = {
	{ .save = save_shape },			/* snapshot_open() has it */
	{ .save = gic_save, .load = gic_load },
	{ .save = services_save, .load = services_load },
	{ .save = serial_save, .load = serial_load },
	{ .save_each = registers_save, .load_each = registers_load },
	{ .save_each = save_thread, .load_each = load_thread },
};

static struct buffer contents;

static void run_part(struct machine *machine, state_fn *whole, vcpu_state_fn *each,
		     struct buffer *buffer)
{
	if (whole)
		whole(machine, buffer);
	for (unsigned int i = 0; each && i < machine->nr_vcpus && !buffer->error[0]; i++)
		each(&machine->vcpus[i], buffer);
}

/* Each part is behind its size. While every vCPU is at rest, nothing changes. */
static void save_state(struct machine *machine, struct buffer *to)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		uint64_t size = 0, start = to->size;

		append(to, &size, sizeof(size));
		run_part(machine, parts[i].save, parts[i].save_each, to);
		size = to->size - start - sizeof(size);
		memcpy(to->data + start, &size, sizeof(size));
	}
}

/*
 * The caller ends the machine if this returns NULL: its guest is in the file then, and no
 * vCPU has run since.
 */
const char *snapshot_save(struct machine *machine, const char *path, report_fn *report, void *arg)
{
	static char error[512];
	struct buffer state = { };
	const char *why;

	if (!machine_pause(machine))
		return "the machine is about to start or to end, or a vCPU does not come to rest";
	serial_stop();
	save_state(machine, &state);
	why = state.error[0] ? state.error :
	      archive_write(path, &state, machine->ram, machine->options->memory, report, arg);
	free(state.data);
	if (!why)
		return NULL;
	snprintf(error, sizeof(error), "%s: %s", path, why);
	serial_restart();
	machine_resume(machine);
	return error;
}

/* Before there is a machine: the file is whole, and its shape is possible */
void snapshot_open(struct options *options)
{
	size_t memory = archive_open(options->restore, &contents);
	uint64_t size;

	take(&contents, &size, sizeof(size));
	take(&contents, &restored, sizeof(restored));
	if (size != sizeof(restored) || contents.error[0] || !is_possible(&restored, memory))
		die("%s: it has a machine that there cannot be", options->restore);
	options->memory_mib = restored.memory_mib;
	options->memory = memory;
	options->cpus = restored.nr_vcpus;
	options->max_cpus = restored.nr_vcpus;
	options->smc = restored.smc;
	options->psci = restored.services ? PSCI_USER : PSCI_KERNEL;
	options->features = restored.features;
	memcpy(options->vector_lengths, restored.vector_lengths, sizeof(restored.vector_lengths));
	options->gicv2 = restored.gicv2;
	options->nr_filters = restored.nr_ranges;
	memcpy(options->filters, restored.ranges, sizeof(restored.ranges));
	options->no_reboot |= !options->kernel;
}

void snapshot_load(struct machine *machine)
{
	uint64_t size, start;

	archive_load(machine->ram, machine->options->memory);
	machine->counts = restored.counts;
	for (unsigned int i = 1; i < ARRAY_SIZE(parts); i++) {
		take(&contents, &size, sizeof(size));
		start = contents.at;
		run_part(machine, parts[i].load, parts[i].load_each, &contents);
		if (contents.at - start != size)
			bad(&contents, "it is damaged: a part is not whole");
	}
	if (contents.at != contents.size)
		bad(&contents, "it is damaged: there is more behind its last part");
	if (contents.error[0])
		die("%s: %s", machine->options->restore, contents.error);
	archive_remove();
}

// SPDX-License-Identifier: GPL-2.0
/* The virtual machine as a whole: its VM, memory, interrupt controller, life. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

static void create_memory(struct machine *machine)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM_BASE,
		.memory_size = machine->options->memory,
	};

	machine->ram = mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (machine->ram == MAP_FAILED)
		die("--memory %u: %s", machine->options->memory_mib, strerror(errno));
	region.userspace_addr = (uintptr_t)machine->ram;
	vm_ioctl(machine, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &region);
}

static void set_gic(struct machine *machine, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr set = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	if (ioctl(machine->gic, KVM_SET_DEVICE_ATTR, &set))
		die("KVM_SET_DEVICE_ATTR of the GICv3, group %u: %s", group, strerror(errno));
}

/* After all vCPUs: their number is fixed from here on */
static void create_gic(struct machine *machine)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint64_t dist = GIC_DIST_BASE;
	uint64_t redist = (uint64_t)machine->nr_vcpus << 52 | GIC_REDIST_BASE;
	uint32_t nr_irqs = NR_IRQS;

	vm_ioctl(machine, KVM_CREATE_DEVICE, "KVM_CREATE_DEVICE of a GICv3", &device);
	machine->gic = device.fd;
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redist);
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

/*
 * Whether the firmware is ours. A kernel without the filter is no error unless
 * the user demands otherwise; a filter that cannot be set is.
 */
static bool decide_services(struct machine *machine)
{
	const struct options *options = machine->options;
	bool exists = filter_exists(machine);
	const char *wish = NULL;

	if (options->psci == PSCI_USER)
		wish = "--psci user";
	else if (options->nr_filters)
		wish = "--filter";
	else if (options->show_filter)
		wish = "--show-filter";
	if (!exists && wish) {
		fprintf(stderr, "vmm: this kernel has no SMCCC filter, which %s needs\n", wish);
		exit(EXIT_NO_FILTER);
	}
	if (!exists && options->psci == PSCI_AUTO && !machine->again)
		fprintf(stderr, "vmm: this kernel has no SMCCC filter; PSCI stays in KVM\n");
	return exists && options->psci != PSCI_KERNEL;
}

static void set_filters(struct machine *machine)
{
	const struct options *options = machine->options;

	if (machine->services)
		services_set_filter(machine);
	for (unsigned int i = 0; i < options->nr_filters; i++)
		filter_set(machine, &options->filters[i], "--filter");
	if (options->show_filter && !machine->again)
		filter_show(machine);
}

static bool has_sync_regs(struct machine *machine)
{
	int sets = ioctl(machine->vm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);

	return sets > 0 && (sets & KVM_SYNC_ARM64_SMCCC);
}

static void create_vm(struct machine *machine)
{
	/* A load that KVM cannot decode is the guest's fault, not the end of the VM */
	struct kvm_enable_cap nisv = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, 0);
	if (machine->vm < 0)
		die("KVM_CREATE_VM: %s", strerror(errno));
	vm_ioctl(machine, KVM_ENABLE_CAP, "KVM_ENABLE_CAP of KVM_CAP_ARM_NISV_TO_USER", &nisv);
	create_memory(machine);

	machine->services = decide_services(machine);
	machine->sync_regs = !machine->options->no_sync_regs && has_sync_regs(machine);
	set_filters(machine);
}

static void create_vcpus(struct machine *machine)
{
	const struct options *options = machine->options;

	machine->nr_vcpus = options->max_cpus;
	if (!machine->services && options->max_cpus > options->cpus) {
		if (!machine->again)
			fprintf(stderr, "vmm: KVM's PSCI refuses no CPU: --max-cpus is %u\n",
				options->cpus);
		machine->nr_vcpus = options->cpus;
	}
	/* KVM's own answers come by HVC, and in stock 6.1 by nothing else */
	if (!machine->services && options->smc && !machine->again)
		fprintf(stderr, "vmm: KVM's PSCI is called by HVC: --conduit is hvc\n");
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		machine->vcpus[i].machine = machine;
		machine->vcpus[i].view = (struct view){
			.index = i,
			.nr_cpus = machine->nr_vcpus,
			.cpus = machine->cpus,
			.machine = machine,
		};
		vcpu_create(&machine->vcpus[i]);
	}
}

/*
 * Makes a VM with everything in it and lets its first vCPU run. Until machine.stop is
 * STOP_NONE no other thread looks at what is made here.
 */
void machine_start(struct machine *machine)
{
	struct entry entry = { };

	create_vm(machine);
	create_vcpus(machine);
	create_gic(machine);
	machine->devices[0] = &serial_device;
	entry.pc = load_images(machine, &entry.x0);
	serial_start(machine);

	pthread_mutex_lock(&machine->lock);
	services_hook(MACHINE_RESET, &machine->vcpus[0].view);
	machine->stop = STOP_NONE;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		vcpu_start(&machine->vcpus[i]);
	vcpu_power_on(&machine->vcpus[0], &entry);
	pthread_mutex_unlock(&machine->lock);
}

/* Waits for the end of all vCPUs, and takes the VM apart */
enum stop machine_wait(struct machine *machine)
{
	struct vcpu *vcpu;

	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		pthread_join(machine->vcpus[i].thread, NULL);
	serial_stop();

	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		vcpu = &machine->vcpus[i];
		vcpu_stat(vcpu, "hvc_exit_stat", &machine->hvc_exits);
		vcpu_stat(vcpu, "smc_exit_stat", &machine->smc_exits);
		vcpu_stat(vcpu, "smccc_denied", &machine->denied);
		machine->by_filter = vcpu_stat(vcpu, "smccc_forwarded", &machine->forwarded);
		munmap(vcpu->run, machine->run_size);
		close(vcpu->fd);
		pthread_cond_destroy(&vcpu->wake);
	}
	close(machine->gic);
	close(machine->vm);
	munmap(machine->ram, machine->options->memory);
	machine->again = true;
	return machine->stop;
}

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

#define HUGE_PAGE	(2 * MIB)

/* Aligned as the host's huge pages are, or it would get none */
static void create_memory(struct machine *machine)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM_BASE,
		.memory_size = machine->options->memory,
	};
	uint64_t address;

	machine->mapping = mmap(NULL, region.memory_size + HUGE_PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (machine->mapping == MAP_FAILED)
		die("--memory %u: %s", machine->options->memory_mib, strerror(errno));
	address = ((uintptr_t)machine->mapping + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	machine->ram = (void *)address;
	madvise(machine->ram, region.memory_size, MADV_HUGEPAGE);
	region.userspace_addr = address;
	vm_ioctl(machine, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &region);
}

/* The guest's physical addresses: 40 bits, or what the host has if that is less */
static unsigned long vm_type(struct machine *machine)
{
	int bits = ioctl(machine->kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	uint64_t most;

	if (bits <= 0 || bits >= 40)
		return 0;
	most = ((1ul << bits) - RAM_BASE) / MIB;
	if (machine->options->memory_mib > most)
		die("--memory %u: this host's VMs have %d bits of address, which is %lu at most",
		    machine->options->memory_mib, bits, most);
	return KVM_VM_TYPE_ARM_IPA_SIZE(bits);
}

static void set_gic(struct machine *machine, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr set = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	if (ioctl(machine->gic, KVM_SET_DEVICE_ATTR, &set))
		die("KVM_SET_DEVICE_ATTR of the GIC, group %u: %s", group, strerror(errno));
}

/*
 * After all vCPUs: their number is fixed from here on. A host whose GICv3 cannot be
 * lent, as a Raspberry Pi 4 has none, can have a GICv2.
 */
static void create_gic(struct machine *machine)
{
	const uint32_t addr = KVM_DEV_ARM_VGIC_GRP_ADDR;
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct kvm_create_device test = { .type = device.type, .flags = KVM_CREATE_DEVICE_TEST };
	uint64_t dist = GIC_DIST_BASE, cpu = GIC_CPU_BASE;
	uint64_t redist = (uint64_t)machine->nr_vcpus << 52 | GIC_REDIST_BASE;
	uint32_t nr_irqs = NR_IRQS;

	machine->gicv2 = ioctl(machine->vm, KVM_CREATE_DEVICE, &test) && errno == ENODEV;
	if (machine->gicv2)
		device.type = KVM_DEV_TYPE_ARM_VGIC_V2;
	if (machine->gicv2 && machine->nr_vcpus > 8)
		die("--max-cpus %u: this host lends a GICv2 alone, which has 8 CPUs at most",
		    machine->nr_vcpus);
	vm_ioctl(machine, KVM_CREATE_DEVICE, "KVM_CREATE_DEVICE of a GIC", &device);
	machine->gic = device.fd;
	if (machine->gicv2) {
		set_gic(machine, addr, KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);
		set_gic(machine, addr, KVM_VGIC_V2_ADDR_TYPE_CPU, &cpu);
	} else {
		set_gic(machine, addr, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
		set_gic(machine, addr, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redist);
	}
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
	const char *wish = options->psci == PSCI_USER ? "--psci user" :
			   options->nr_filters ? "--filter" :
			   options->show_filter ? "--show-filter" : NULL;

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

static void create_vm(struct machine *machine)
{
	/* A load that KVM cannot decode is the guest's fault, not the end of the VM */
	struct kvm_enable_cap nisv = { .cap = KVM_CAP_ARM_NISV_TO_USER };
	int sets;

	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, vm_type(machine));
	if (machine->vm < 0)
		die("KVM_CREATE_VM: %s", strerror(errno));
	vm_ioctl(machine, KVM_ENABLE_CAP, "KVM_ENABLE_CAP of KVM_CAP_ARM_NISV_TO_USER", &nisv);
	create_memory(machine);

	machine->services = decide_services(machine);
	sets = ioctl(machine->vm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
	machine->sync_regs = !machine->options->no_sync_regs && sets > 0 &&
			     (sets & KVM_SYNC_ARM64_SMCCC);
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
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		vcpu_start_pmu(&machine->vcpus[i]);
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
	munmap(machine->mapping, machine->options->memory + HUGE_PAGE);
	machine->again = true;
	return machine->stop;
}

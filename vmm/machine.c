// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The virtual machine as a whole: its VM, memory, what is in it, life. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define HUGE_PAGE	(2 * MIB)
#define PATIENCE	5	/* seconds that a vCPU has to come to rest */

/* Aligned as the host's huge pages are, or it would get none */
static void create_memory(struct machine *machine)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = RAM_BASE,
						      .memory_size = machine->options->memory };
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

/*
 * Whether the firmware is ours. A kernel without the filter is no error unless
 * the user demands otherwise; a filter that cannot be set is.
 */
static bool decide_services(struct machine *machine)
{
	const struct options *options = machine->options;
	bool exists = filter_exists(machine);
	bool wishes = options->psci == PSCI_USER || options->nr_filters;
	const char *wish = options->restore && wishes ? "the guest of --restore" :
			   options->psci == PSCI_USER ? "--psci user" :
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

static void create_vm(struct machine *machine)
{
	const struct options *options = machine->options;
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
	machine->sync_regs = !options->no_sync_regs && sets > 0 && (sets & KVM_SYNC_ARM64_SMCCC);
	/* A guest of another host brings all of its filter along */
	if (machine->services && !options->restore)
		services_set_filter(machine);
	for (unsigned int i = 0; i < options->nr_filters; i++)
		filter_set(machine, &options->filters[i],
			   options->restore ? "--restore" : "--filter");
	if (options->show_filter && !machine->again)
		filter_show(machine);
}

void machine_create(struct machine *machine)
{
	const struct options *options = machine->options;

	create_vm(machine);
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
		vcpu_create(machine, i);
		registers_limit(&machine->vcpus[i]);
	}
	gic_create(machine);
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		vcpu_start_pmu(&machine->vcpus[i]);
}

void machine_boot(struct machine *machine)
{
	struct entry entry = { };

	entry.pc = load_images(machine, &entry.x0);
	services_reset();
	serial_reset();
	vcpu_power_on(&machine->vcpus[0], &entry);
}

/* Until machine.stop is STOP_NONE no other thread looks at what has been made */
void machine_start(struct machine *machine)
{
	serial_start(machine);
	pthread_mutex_lock(&machine->lock);
	machine->stop = STOP_NONE;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		vcpu_start(&machine->vcpus[i]);
	pthread_mutex_unlock(&machine->lock);
}

static void let_go(struct machine *machine)
{
	machine->pausing = false;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		pthread_cond_signal(&machine->vcpus[i].wake);
}

/*
 * Each vCPU comes to rest where nothing of it is outside of its registers: off, between two
 * instructions with what it has loaded or been answered taken over by KVM_RUN, or at the
 * exit of a call that nobody has served yet. One that is being reset comes there after that.
 * It is no kick of a service. Returns false if the machine ends instead, or if one takes
 * too long, whose output, for example, nobody reads: all go on then.
 */
bool machine_pause(struct machine *machine)
{
	bool was_kicked, is_paused;
	struct timespec end;
	int late = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE;
	pthread_mutex_lock(&machine->lock);
	machine->pausing = true;
	for (unsigned int i = 0; i < machine->nr_vcpus && machine->stop == STOP_NONE; i++) {
		was_kicked = machine->vcpus[i].is.kicked;
		view_kick(&machine->vcpus[i].view, i);
		machine->vcpus[i].is.kicked = was_kicked;
	}
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		while (machine->stop == STOP_NONE && !machine->vcpus[i].at_rest && !late)
			late = pthread_cond_timedwait(&machine->rested, &machine->lock, &end);
	is_paused = machine->stop == STOP_NONE && !late;
	if (!is_paused)
		let_go(machine);
	pthread_mutex_unlock(&machine->lock);
	return is_paused;
}

void machine_resume(struct machine *machine)
{
	pthread_mutex_lock(&machine->lock);
	let_go(machine);
	pthread_mutex_unlock(&machine->lock);
}

static void read_at(int fd, void *to, size_t size, off_t offset)
{
	if (pread(fd, to, size, offset) != (ssize_t)size)
		die("statistics of a vCPU: cannot be read");
}

/* Adds a count to @sum; false if the kernel has none of that name */
static bool add_stat(struct vcpu *vcpu, const char *name, uint64_t *sum)
{
	struct { struct kvm_stats_desc desc; char name[256]; } entry;
	int fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_header header;
	bool found = false;
	uint64_t value = 0;
	size_t size;

	if (fd < 0)
		return false;
	read_at(fd, &header, sizeof(header), 0);
	size = sizeof(entry.desc) + header.name_size;
	if (size > sizeof(entry))
		die("statistics of a vCPU: their names are too long");
	for (unsigned int i = 0; i < header.num_desc && !found; i++) {
		read_at(fd, &entry, size, header.desc_offset + i * size);
		found = !strcmp(entry.desc.name, name);
	}
	if (found)
		read_at(fd, &value, sizeof(value), header.data_offset + entry.desc.offset);
	*sum += value;
	close(fd);
	return found;
}

/* The kernel's counts of this VM, and of those before it: from each vCPU's statistics fd */
void machine_counts(struct machine *machine, struct kernel_counts *counts)
{
	*counts = machine->counts;
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		struct vcpu *vcpu = &machine->vcpus[i];

		add_stat(vcpu, "hvc_exit_stat", &counts->hvc_exits);
		add_stat(vcpu, "smc_exit_stat", &counts->smc_exits);
		add_stat(vcpu, "smccc_denied", &counts->denied);
		counts->by_filter = add_stat(vcpu, "smccc_forwarded", &counts->forwarded);
	}
}

/* Waits for the end of all vCPUs, and takes the VM apart */
enum stop machine_wait(struct machine *machine)
{
	struct vcpu *vcpu;

	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		pthread_join(machine->vcpus[i].thread, NULL);
	serial_stop();

	machine_counts(machine, &machine->counts);
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		vcpu = &machine->vcpus[i];
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

// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that uses every extension and prints what it sees. It is compiled once,
 * and prints the same on every kernel that has them.
 */
#include <dirent.h>
#include <stddef.h>
#include <sys/mman.h>

#include "filter.h"

#define RAM	0x80000000ul
#define STOP	0x10000000ul	/* a store there ends the guest */

static const uint32_t guest[] = {
	0x52b86000,	/* mov w0, #0xc3000000 */
	0xd4000002,	/* hvc #0 */
	0xaa0003f3,	/* mov x19, x0 */
	0x52b86000,	/* mov w0, #0xc3000000 */
	0xd4000003,	/* smc #0 */
	0x52b86200,	/* mov w0, #0xc3100000	denied */
	0xd4000003,	/* smc #0 */
	0xd2a20009,	/* mov x9, #0x10000000 */
	0xf9000120,	/* str x0, [x9] */
};

static struct kvm_run *run;
static int vcpu;

static void show(const char *what, uint64_t value)
{
	printf("extensions: %s 0x%llx\n", what, (unsigned long long)value);
}

static void show_filter(int vm)
{
	struct kvm_smccc_filter filter = { };
	int error;

	/* Behind the last ID there is none to ask for */
	do {
		error = filter_ioctl(vm, KVM_GET_DEVICE_ATTR, &filter);
		if (!error)
			printf("extensions: range 0x%08x + 0x%x: %d\n", filter.base,
			       filter.nr_functions, filter.action);
		filter.base += filter.nr_functions;
	} while (!error && filter.base);
	printf("extensions: then %s\n", strerror(error));
}

/* Run to the next exit, and show what it says */
static void go(void)
{
	int i, error = ioctl(vcpu, KVM_RUN, 0) ? errno : 0;

	printf("extensions: KVM_RUN: %s, exit %u\n", strerror(error), run->exit_reason);
	if (error)
		return;
	if (run->exit_reason == KVM_EXIT_HYPERCALL) {
		show("nr", run->hypercall.nr);
		show("flags", run->hypercall.flags);
		for (i = 0; i < 6; i++)
			show("argument", run->hypercall.args[i]);
	}
	for (i = 0; i < 18; i++)
		show("register", run->s.regs.smccc_regs[i]);
}

static void answer(uint64_t x0)
{
	int i;

	run->s.regs.smccc_regs[0] = x0;
	for (i = 1; i < 18; i++)
		run->s.regs.smccc_regs[i] = 0x100 * x0 + i;
	run->kvm_dirty_regs = KVM_SYNC_ARM64_SMCCC;
}

static void show_statistics(void)
{
	static const char * const names[] = {
		"hvc_exit_stat", "smc_exit_stat", "smccc_denied", "smccc_forwarded", NULL,
	};
	int fd = MUST(ioctl(vcpu, KVM_GET_STATS_FD, 0));
	char descriptor[sizeof(struct kvm_stats_desc) + 128];
	struct kvm_stats_desc *desc = (void *)descriptor;
	struct kvm_stats_header header;
	const char * const *name;
	unsigned int i;
	uint64_t value;

	MUST(pread(fd, &header, sizeof(header), 0));
	for (i = 0; i < header.num_desc; i++) {
		size_t size = sizeof(*desc) + header.name_size;

		MUST(pread(fd, desc, size, header.desc_offset + i * size));
		for (name = names; *name; name++) {
			if (strcmp(desc->name, *name))
				continue;
			MUST(pread(fd, &value, sizeof(value), header.data_offset + desc->offset));
			show(desc->name, value);
		}
	}
	close(fd);
}

static void show_file(const char *path, const char *only)
{
	FILE *file = fopen(path, "r");
	char line[256];

	MUST(file ? 0 : -1);
	while (fgets(line, sizeof(line), file)) {
		char *text = only ? strstr(line, only) : line;

		if (text)
			printf("extensions: %s", text);
	}
	fclose(file);
}

static void set_reg(uint64_t offset, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / 4,
		.addr = (uint64_t)&value,
	};

	MUST(ioctl(vcpu, KVM_SET_ONE_REG, &reg));
}

int main(void)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = 0x10000,
	};
	int kvm = kvm_open(), vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	struct kvm_vcpu_init init;
	char path[96];
	void *ram;

	write_text("/sys/kernel/tracing/events/kvm/kvm_smccc_arm64/enable", "1");
	ram = mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(ram, guest, sizeof(guest));
	region.userspace_addr = (uint64_t)ram;
	MUST(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));

	show("KVM_CAP_VM_ATTRIBUTES", ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_ATTRIBUTES));
	show("of the VM", ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_ATTRIBUTES));
	show("KVM_CAP_SYNC_REGS", ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS));
	show_filter(vm);
	show("SET", filter_set(vm, 0xc3000000, 16, KVM_SMCCC_FILTER_FWD_TO_USER));
	show("SET", filter_set(vm, 0xc3100000, 1, KVM_SMCCC_FILTER_DENY));
	show("SET", filter_set(vm, 0xfffffff0, 16, KVM_SMCCC_FILTER_HANDLE));
	show("SET", filter_set(vm, 0xc300000f, 2, KVM_SMCCC_FILTER_DENY));
	show_filter(vm);

	vcpu = MUST(ioctl(vm, KVM_CREATE_VCPU, 0));
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	MUST(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init));
	run->kvm_dirty_regs = KVM_SYNC_ARM64_SMCCC;
	MUST(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init));
	show("dirty after INIT", run->kvm_dirty_regs);
	set_reg(offsetof(struct kvm_regs, regs.pc), RAM);

	run->kvm_valid_regs = 1;
	show("KVM_RUN with an unknown bit", ioctl(vcpu, KVM_RUN, 0) ? errno : 0);
	run->kvm_valid_regs = KVM_SYNC_ARM64_SMCCC;
	answer(7);
	go();
	answer(42);
	go();
	answer(43);
	show("SET after a run", filter_set(vm, 1, 1, KVM_SMCCC_FILTER_DENY));
	go();
	show("the last store", run->mmio.data[0]);

	show_statistics();
	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/smccc_filter", getpid(), vm);
	show_file(path, NULL);
	write_text("/sys/kernel/tracing/events/kvm/kvm_smccc_arm64/enable", "0");
	show_file("/sys/kernel/tracing/trace", "kvm_smccc_arm64: ");

	return 0;
}

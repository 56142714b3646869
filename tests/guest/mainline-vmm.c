// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM as small as one can be, that uses the SMCCC filter as existing VMMs do.
 * It is compiled against the headers of Linux 6.12, and prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>

#define RAM	0x80000000ul
#define STOP	0x10000000ul	/* a store there ends the guest */

static const uint32_t guest[] = {
	0x52b08000,	/* mov w0, #0x84000000	PSCI_VERSION */
	0xd4000002,	/* hvc #0 */
	0xaa0003f3,	/* mov x19, x0 */
	0x52b88000,	/* mov w0, #0xc4000000	nothing that KVM has */
	0xd4000003,	/* smc #0 */
	0xaa0003f4,	/* mov x20, x0 */
	0x5297cbc0,	/* mov w0, #0xbe5e */
	0x72b2b820,	/* movk w0, #0x95c1, lsl #16 */
	0xd4000002,	/* hvc #0 */
	0xaa0003f5,	/* mov x21, x0 */
	0xd2a20001,	/* mov x1, #0x10000000 */
	0xb9000020,	/* str w0, [x1] */
};

static int tests, failed;

static void check(int ok, const char *what)
{
	tests++;
	failed += !ok;
	printf("%sok %d mainline: %s\n", ok ? "" : "not ", tests, what);
}

static uint64_t reg_id(unsigned int nr)
{
	return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
	       KVM_REG_ARM_CORE_REG(regs.regs[nr]);
}

static uint64_t get_reg(int vcpu, unsigned int nr)
{
	uint64_t val = 0xbad;
	struct kvm_one_reg reg = { .id = reg_id(nr), .addr = (uint64_t)&val };

	check(!ioctl(vcpu, KVM_GET_ONE_REG, &reg), "KVM_GET_ONE_REG");
	return val;
}

static void set_reg(int vcpu, uint64_t id, uint64_t val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uint64_t)&val };

	check(!ioctl(vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

static int set_filter(int vm, uint32_t base, uint32_t nr, uint8_t action)
{
	struct kvm_smccc_filter filter = {
		.base = base,
		.nr_functions = nr,
		.action = action,
	};
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uint64_t)&filter,
	};

	return ioctl(vm, KVM_SET_DEVICE_ATTR, &attr) ? errno : 0;
}

int main(void)
{
	struct kvm_device_attr has = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
	};
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = 0x10000,
	};
	int kvm, vm, vcpu, exits = 0;
	struct kvm_vcpu_init init;
	struct kvm_run *run;
	void *ram;

	setbuf(stdout, NULL);
	kvm = open("/dev/kvm", O_RDWR);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ram = mmap(NULL, region.memory_size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(ram, guest, sizeof(guest));
	region.userspace_addr = (uint64_t)ram;
	check(!ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "memory");

	check(!ioctl(vm, KVM_HAS_DEVICE_ATTR, &has), "the kernel has a filter");
	check(!set_filter(vm, 0x95c1ba5e, 4, KVM_SMCCC_FILTER_DENY), "deny PSCI 0.1");
	check(!set_filter(vm, 0x84000000, 0x20, KVM_SMCCC_FILTER_FWD_TO_USER), "forward PSCI, SMC32");
	check(!set_filter(vm, 0xc4000000, 0x20, KVM_SMCCC_FILTER_FWD_TO_USER), "forward PSCI, SMC64");
	check(set_filter(vm, 0x80000000, 1, KVM_SMCCC_FILTER_DENY) == EEXIST, "not the architecture's");

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	check(!ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	set_reg(vcpu, KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      KVM_REG_ARM_CORE_REG(regs.pc), RAM);

	while (!ioctl(vcpu, KVM_RUN, 0) && run->exit_reason == KVM_EXIT_HYPERCALL) {
		exits++;
		if (exits == 1) {
			check(run->hypercall.nr == 0x84000000 && !run->hypercall.flags, "HVC");
			set_reg(vcpu, reg_id(0), 0x10003);
		} else {
			check(run->hypercall.nr == 0xc4000000 &&
			      run->hypercall.flags == KVM_HYPERCALL_EXIT_SMC, "SMC");
			set_reg(vcpu, reg_id(0), 0x1234567890abcdef);
		}
	}

	check(exits == 2, "two calls forwarded");
	check(run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == STOP, "end of the guest");
	check(get_reg(vcpu, 19) == 0x10003, "the answer by HVC");
	check(get_reg(vcpu, 20) == 0x1234567890abcdef, "the answer by SMC");
	check(get_reg(vcpu, 21) == ~0ul, "the denied call");
	check(set_filter(vm, 0, 1, KVM_SMCCC_FILTER_DENY) == EBUSY, "no change after a run");

	printf("1..%d\n", tests);
	return failed > 0;
}

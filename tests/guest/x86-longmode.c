// SPDX-License-Identifier: GPL-2.0
/*
 * An x86 VMM that has its guest make KVM_HC_MAP_GPA_RANGE from 32-bit and from
 * 64-bit mode, and looks at longmode as VMMs do that know nothing of flags.
 * It prints TAP.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kvm.h>
#include <linux/kvm_para.h>

#define RAM_SIZE	0x10000
#define CODE		0x1000
#define PML4		0x2000
#define PDPT		0x3000
#define PD		0x4000
#define MAX_CPUID	256

/* vmmcall; hlt: the registers are set from outside, in either mode */
static const uint8_t guest[] = { 0x0f, 0x01, 0xd9, 0xf4 };

static int tests, failed;

static void check(int ok, const char *mode, const char *what)
{
	tests++;
	failed += !ok;
	printf("%sok %d x86, %s: %s\n", ok ? "" : "not ", tests, mode, what);
}

static void set_mode(int vcpu, int long_mode)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1,
		.s = 1, .g = 1, .l = long_mode, .db = !long_mode,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 16, .type = 3, .present = 1,
		.s = 1, .g = 1, .db = 1,
	};
	struct kvm_sregs sregs;

	ioctl(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.ss = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.cr0 = 1;
	if (long_mode) {
		sregs.cr3 = PML4;
		sregs.cr4 = 1 << 5;
		sregs.cr0 |= 1ul << 31;
		sregs.efer = 1 << 8 | 1 << 10;
	}
	ioctl(vcpu, KVM_SET_SREGS, &sregs);
}

/* As VMMs do: KVM of 6.12 does not run code in long mode without the CPUID that has it */
static void set_cpuid(int kvm, int vcpu)
{
	size_t size = sizeof(struct kvm_cpuid2) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, size);

	cpuid->nent = MAX_CPUID;
	ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid);
	ioctl(vcpu, KVM_SET_CPUID2, cpuid);
	free(cpuid);
}

static void run(int kvm, int long_mode)
{
	const char *mode = long_mode ? "64-bit" : "32-bit";
	struct kvm_regs regs = {
		.rip = CODE, .rflags = 2, .rax = KVM_HC_MAP_GPA_RANGE,
		.rbx = 0x5000, .rcx = 1, .rdx = 0x10,
	};
	struct kvm_userspace_memory_region region = { .memory_size = RAM_SIZE };
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_EXIT_HYPERCALL,
		.args[0] = 1 << KVM_HC_MAP_GPA_RANGE,
	};
	struct kvm_run *kvm_run;
	int vm, vcpu;
	char *ram;

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(ram + CODE, guest, sizeof(guest));
	*(uint64_t *)(ram + PML4) = PDPT | 3;
	*(uint64_t *)(ram + PDPT) = PD | 3;
	*(uint64_t *)(ram + PD) = 0x83;
	region.userspace_addr = (uint64_t)ram;
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	check(!ioctl(vm, KVM_ENABLE_CAP, &cap), mode, "the call is forwarded");

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	kvm_run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		       PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	set_cpuid(kvm, vcpu);
	set_mode(vcpu, long_mode);
	ioctl(vcpu, KVM_SET_REGS, &regs);
	memset(kvm_run->padding, 0xa5, sizeof(kvm_run->padding));

	check(!ioctl(vcpu, KVM_RUN, 0), mode, "KVM_RUN");
	check(kvm_run->exit_reason == KVM_EXIT_HYPERCALL, mode, "KVM_EXIT_HYPERCALL");
	check(kvm_run->hypercall.nr == KVM_HC_MAP_GPA_RANGE, mode, "nr");
	check(kvm_run->hypercall.args[0] == 0x5000 && kvm_run->hypercall.args[1] == 1 &&
	      kvm_run->hypercall.args[2] == 0x10, mode, "args");
	check(kvm_run->hypercall.longmode == (uint32_t)long_mode, mode, "longmode");

	kvm_run->hypercall.ret = 0;
	check(!ioctl(vcpu, KVM_RUN, 0) && kvm_run->exit_reason == KVM_EXIT_HLT, mode, "to its end");
	ioctl(vcpu, KVM_GET_REGS, &regs);
	check(regs.rax == 0, mode, "ret is the answer, on x86");
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR);

	setbuf(stdout, NULL);
	run(kvm, 0);
	run(kvm, 1);
	printf("1..%d\n", tests);
	return failed > 0;
}

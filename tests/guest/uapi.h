/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What VMMs of either architecture compile in. It only has to compile, as C90
 * and with every warning.
 */
#include <stddef.h>

#include <linux/kvm.h>

#define IS(name, condition) extern char name[(condition) ? 1 : -1]

extern struct kvm_run *kvm_run;

IS(hypercall_at, offsetof(struct kvm_run, hypercall) == 32);
IS(hypercall_size, sizeof(kvm_run->hypercall) == 72);
IS(nr_at, offsetof(struct kvm_run, hypercall.nr) == 32);
IS(args_at, offsetof(struct kvm_run, hypercall.args) == 40);
IS(ret_at, offsetof(struct kvm_run, hypercall.ret) == 88);
IS(flags_at, offsetof(struct kvm_run, hypercall.flags) == 96);
IS(flags_size, sizeof(kvm_run->hypercall.flags) == 8);
IS(longmode_at, offsetof(struct kvm_run, hypercall.longmode) == 96);
IS(longmode_size, sizeof(kvm_run->hypercall.longmode) == 4);
IS(behind_the_union, offsetof(struct kvm_run, kvm_valid_regs) == 288);

#ifdef __x86_64__
IS(long_mode, KVM_EXIT_HYPERCALL_LONG_MODE == 1);
IS(long_mode_size, sizeof(KVM_EXIT_HYPERCALL_LONG_MODE) == 8);
#endif

#ifdef __aarch64__
IS(group, KVM_ARM_VM_SMCCC_CTRL == 0);
IS(attribute, KVM_ARM_VM_SMCCC_FILTER == 0);
IS(handle, KVM_SMCCC_FILTER_HANDLE == 0);
IS(deny, KVM_SMCCC_FILTER_DENY == 1);
IS(fwd_to_user, KVM_SMCCC_FILTER_FWD_TO_USER == 2);
IS(smc, KVM_HYPERCALL_EXIT_SMC == 1);
IS(smc_type, sizeof(KVM_HYPERCALL_EXIT_SMC) == 4);
IS(bit16, KVM_HYPERCALL_EXIT_16BIT == 2);
IS(filter_size, sizeof(struct kvm_smccc_filter) == 24);
IS(base_at, offsetof(struct kvm_smccc_filter, base) == 0);
IS(nr_functions_at, offsetof(struct kvm_smccc_filter, nr_functions) == 4);
IS(action_at, offsetof(struct kvm_smccc_filter, action) == 8);
IS(pad_at, offsetof(struct kvm_smccc_filter, pad) == 9);
IS(device_irq_level_at, offsetof(struct kvm_sync_regs, device_irq_level) == 0);
#ifdef EXTENSIONS
IS(sync_regs_size, sizeof(struct kvm_sync_regs) == 2048);
IS(smccc_regs_at, offsetof(struct kvm_sync_regs, smccc_regs) == 2048 - 18 * 8);
IS(smccc_regs_in_run, offsetof(struct kvm_run, s.regs.smccc_regs) ==
		      offsetof(struct kvm_run, s.padding) + 2048 - 18 * 8);
IS(sync_smccc, KVM_SYNC_ARM64_SMCCC == 1UL << 30);
IS(sync_smccc_is_an_int, KVM_SYNC_ARM64_SMCCC <= 0x7fffffff);
#endif
#ifdef NR_SMCCC_FILTER_ACTIONS
#error "for the kernel only"
#endif
enum { NR_SMCCC_FILTER_ACTIONS };	/* free for user space */
#endif

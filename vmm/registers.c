// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * All registers of the vCPUs: out as the kernel lists them, and in by the rules for those in
 * which two hosts differ.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "vmm.h"

#define LARGEST		256		/* bytes of a register, one of SVE's */

/* What is beyond its size is 0; value is of those up to 64 bits */
struct reg {
	uint64_t id;
	union {
		uint8_t bytes[LARGEST];
		uint64_t value;
	};
};

static size_t size_of(uint64_t id)
{
	return 1ul << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

#define get_reg(vcpu, reg)	vcpu_one_reg(vcpu, KVM_GET_ONE_REG, (reg)->id, (reg)->bytes)
#define set_reg(vcpu, reg)	vcpu_one_reg(vcpu, KVM_SET_ONE_REG, (reg)->id, (reg)->bytes)

/* What the kernel lists of a vCPU that is final; the caller frees it */
static struct kvm_reg_list *list_of(struct vcpu *vcpu, struct buffer *buffer)
{
	struct kvm_reg_list probe = { };
	struct kvm_reg_list *list;

	ioctl(vcpu->fd, KVM_GET_REG_LIST, &probe);
	list = calloc(1, sizeof(*list) + probe.n * sizeof(list->reg[0]));
	if (!list)
		die("no memory for a list of registers");
	list->n = probe.n;
	if (ioctl(vcpu->fd, KVM_GET_REG_LIST, list))
		bad(buffer, "KVM_GET_REG_LIST: %s", strerror(errno));
	return list;
}

/* 6.1 lists no physical counter: it is the host's, which a program sees as its virtual one */
static uint64_t host_counter(void)
{
#ifdef __aarch64__
	uint64_t value;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r" (value));
	return value;
#else
	return clock();
#endif
}

static void append_register(struct buffer *to, const struct reg *reg)
{
	append(to, &reg->id, sizeof(reg->id));
	append(to, reg->bytes, size_of(reg->id));
}

void registers_save(struct vcpu *vcpu, struct buffer *to)
{
	struct kvm_reg_list *list = list_of(vcpu, to);
	struct reg reg, physical = { .id = KVM_REG_ARM_PTIMER_CNT };
	bool lacks_counter = get_reg(vcpu, &physical);
	uint64_t nr = list->n + lacks_counter;
	char name[64];

	append(to, &nr, sizeof(nr));
	for (uint64_t i = 0; i < list->n && !to->error[0]; i++) {
		reg = (struct reg){ .id = list->reg[i] };
		if (size_of(reg.id) > LARGEST || get_reg(vcpu, &reg))
			bad(to, "KVM_GET_ONE_REG of %s: %s", register_name(reg.id, name),
			    strerror(errno));
		else
			append_register(to, &reg);
	}
	physical.value = host_counter();
	if (lacks_counter)
		append_register(to, &physical);
	free(list);
}

static struct reg take_register(struct buffer *from)
{
	struct reg reg = { };

	take(from, &reg.id, sizeof(reg.id));
	if (size_of(reg.id) > LARGEST)
		bad(from, "one is too large");
	else
		take(from, reg.bytes, size_of(reg.id));
	return reg;
}

static bool is_allowed(const struct options *options, const char *name)
{
	for (unsigned int i = 0; i < options->nr_losses; i++)
		if (!strcmp(options->losses[i], name))
			return true;
	return false;
}

/* For --verbose, of one vCPU: the others have the same */
static void tell(struct vcpu *vcpu, const char *name, const char *what)
{
	if (vcpu->machine->options->verbose && !vcpu->view.index)
		fprintf(stderr, "vmm: --restore: %s %s\n", name, what);
}

/* What may differ is then as it is here; of services, those are there that are on both */
static void load_reg(struct vcpu *vcpu, struct reg *reg, bool is_listed, struct buffer *from)
{
	const struct rule *rule = rule_of(vcpu->machine, reg->id);
	struct reg here = { .id = reg->id }, mixed = *reg;
	char buffer[64], text[96];
	const char *name = register_name(reg->id, buffer);
	bool is_fine = rule->may_lack && !(reg->value & rule->if_clear);

	if (is_listed && (!set_reg(vcpu, reg) ||
			  (!get_reg(vcpu, &here) && !memcmp(here.bytes, reg->bytes, LARGEST))))
		return;
	snprintf(text, sizeof(text), is_listed ? "is %#lx in the guest and %#lx here" :
		 "is %#lx in the guest and not listed here", reg->value, here.value);
	tell(vcpu, name, text);
	if (is_listed) {
		mixed.value ^= (mixed.value ^ here.value) & rule->may_differ;
		is_fine = rule->may_differ &&
			  (mixed.value == here.value || !set_reg(vcpu, &mixed));
	}
	if (is_fine)
		return;
	if (!is_allowed(vcpu->machine->options, name))
		bad(from, "cannot go on here: %s %s; it would with --allow-loss %s", name, text,
		    name);
	mixed.value = reg->value & here.value;
	if (is_bitmap(reg->id))
		set_reg(vcpu, &mixed);
}

/* The counters are the machine's: they are as vCPU 0 has them. What is left is here alone */
void registers_load(struct vcpu *vcpu, struct buffer *from)
{
	struct kvm_reg_list *list = list_of(vcpu, from);
	bool is_listed, is_shared;
	struct reg reg;
	char name[64];
	uint64_t nr;

	for (take(from, &nr, sizeof(nr)); nr && !from->error[0]; nr--) {
		reg = take_register(from);
		is_listed = false;
		for (uint64_t i = 0; i < list->n && !is_listed; i++) {
			is_listed = list->reg[i] == reg.id;
			if (is_listed)
				list->reg[i] = 0;
		}
		is_shared = reg.id == KVM_REG_ARM_TIMER_CNT || reg.id == KVM_REG_ARM_PTIMER_CNT;
		if (!(is_shared && vcpu->view.index) && !from->error[0])
			load_reg(vcpu, &reg, is_listed, from);
	}
	for (uint64_t i = 0; i < list->n && !from->error[0]; i++) {
		if (list->reg[i])
			tell(vcpu, register_name(list->reg[i], name), "is listed here alone");
		if (is_bitmap(list->reg[i]))
			set_reg(vcpu, &(struct reg){ .id = list->reg[i] });
	}
	free(list);
}

/* Before the vCPU runs: what the hosts that --compatible names do not have is not there */
void registers_limit(struct vcpu *vcpu)
{
	const struct rule *rule;
	struct reg reg;
	uint64_t had;

	if (!vcpu->machine->options->compatible)
		return;
	for (rule = rules; rule->id; rule++) {
		reg = (struct reg){ .id = rule->id };
		if (!rule->limited || get_reg(vcpu, &reg))
			continue;
		had = reg.value;
		if (is_bitmap(rule->id))
			reg.value &= rule->most;
		else if ((reg.value & rule->limited) > rule->most)
			reg.value = (reg.value & ~rule->limited) | rule->most;
		if (reg.value != had && set_reg(vcpu, &reg) && rule->limited & ~rule->may_differ)
			die("--compatible: %s cannot be %#lx on this host: %s", rule->name,
			    reg.value, strerror(errno));
	}
}

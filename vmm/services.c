// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware as a table of services: finds the function that a call names,
 * hands it the arguments, the guest the answer, and keeps count.
 */
#include <stdio.h>

#include "vmm.h"

#define SMCCC_64BIT		(1u << 30)
#define SMCCC_NOT_SUPPORTED	(-1)

static const struct service *const services[] = {
	&psci_service,
	&sdei_service,
	&trng_service,
	&tee_service,
};

/* One for each service, and one for ranges of --filter that have none */
static struct count {
	unsigned long calls[2];		/* by conduit: HVC, SMC */
	unsigned long refused;
} counts[ARRAY_SIZE(services) + 1];

void services_set_filter(struct machine *machine)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(services[i]->ranges); j++) {
			struct kvm_smccc_filter filter = {
				.base = services[i]->ranges[j].base,
				.nr_functions = services[i]->ranges[j].nr,
				.action = KVM_SMCCC_FILTER_FWD_TO_USER,
			};

			if (filter.nr_functions)
				filter_set(machine, &filter, services[i]->name);
		}
	}
}

void services_reset(struct machine *machine)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->machine_reset)
			services[i]->machine_reset(machine);
}

void services_vcpu_reset(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->vcpu_reset)
			services[i]->vcpu_reset(vcpu);
}

void services_vcpu_off(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->vcpu_off)
			services[i]->vcpu_off(vcpu);
}

void services_vcpu_kicked(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->vcpu_kicked)
			services[i]->vcpu_kicked(vcpu);
}

/*
 * The index in services[] and counts[] of the one that has @id. Where KVM is the
 * firmware, --filter may forward some of it, and that is nobody's.
 */
static unsigned int find_service(struct machine *machine, uint32_t id)
{
	unsigned int i;

	if (!machine->services)
		return ARRAY_SIZE(services);
	for (i = 0; i < ARRAY_SIZE(services); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(services[i]->ranges); j++)
			if (id - services[i]->ranges[j].base < services[i]->ranges[j].nr)
				return i;
	return i;
}

static const struct function *find_function(unsigned int service, uint32_t id)
{
	static const struct function unknown = { .name = "?", .arguments = "" };
	const struct function *function;

	if (service < ARRAY_SIZE(services))
		for (function = services[service]->functions; function->name; function++)
			if (function->id == id)
				return function;
	return &unknown;
}

/*
 * Arguments of SMC32 calls, and those of SMC64 calls that a specification calls
 * 32-bit, are 32 bits wide, whatever is above them, DEN0028 3.1
 */
static void get_arguments(struct vcpu *vcpu, struct call *call, const struct function *function)
{
	for (unsigned int i = 1; function->arguments[i - 1]; i++) {
		call->x[i] = vcpu_argument(vcpu, i);
		if (!(call->id & SMCCC_64BIT) || function->arguments[i - 1] == 'w')
			call->x[i] = (uint32_t)call->x[i];
	}
}

static void trace(struct vcpu *vcpu, const struct call *call, unsigned int service,
		  const struct function *function, int64_t value)
{
	const struct answer *answer = NULL;
	char line[256];
	int n;

	n = snprintf(line, sizeof(line), "vmm: cpu%u %s 0x%08x %s %s(", vcpu->index,
		     call->smc ? "smc" : "hvc", call->id,
		     service < ARRAY_SIZE(services) ? services[service]->name : "other",
		     function->name);
	for (unsigned int i = 1; function->arguments[i - 1]; i++)
		n += snprintf(line + n, sizeof(line) - n, "%s0x%lx", i > 1 ? ", " : "",
			      call->x[i]);
	if (service < ARRAY_SIZE(services))
		for (answer = services[service]->answers; answer->name; answer++)
			if (answer->value == value)
				break;
	if (call->done)
		fprintf(stderr, "%s)\n", line);
	else if (answer && answer->name)
		fprintf(stderr, "%s) = %s\n", line, answer->name);
	else
		fprintf(stderr, "%s) = %#lx\n", line, (uint64_t)value);
}

/* One of the negative answers that the service has a name for */
static bool is_refusal(unsigned int service, int64_t value)
{
	const struct answer *answer;

	if (service == ARRAY_SIZE(services))
		return value == SMCCC_NOT_SUPPORTED;
	for (answer = services[service]->answers; answer->name; answer++)
		if (answer->value == value)
			return value < 0;
	return false;
}

/*
 * Answers the call of a KVM_EXIT_HYPERCALL: the PC is past the instruction, the
 * answer goes into x0 and, as the call defines, x1-x3. With machine.lock held.
 */
void services_call(struct vcpu *vcpu)
{
	struct call call = {
		.id = vcpu->run->hypercall.nr,
		.smc = vcpu->run->hypercall.flags == KVM_HYPERCALL_EXIT_SMC,
	};
	unsigned int service = find_service(vcpu->machine, call.id);
	const struct function *function = find_function(service, call.id);
	struct call arguments;
	int64_t value = SMCCC_NOT_SUPPORTED;

	/*
	 * The kernel has counted it, though a machine that stops answers nothing:
	 * it may have lost threads already, which no call may kick.
	 */
	counts[service].calls[call.smc]++;
	if (vcpu->machine->stop != STOP_NONE)
		return;

	get_arguments(vcpu, &call, function);
	arguments = call;
	if (function->call)
		value = function->call(vcpu, &call);

	if (!call.done) {
		call.x[0] = value;
		vcpu_answer(vcpu, call.x, 1 + call.results);
		counts[service].refused += !call.is_data && is_refusal(service, value);
	}
	if (vcpu->machine->options->trace) {
		arguments.done = call.done;
		trace(vcpu, &arguments, service, function, value);
	}
}

static void table_row(const char *name, const struct count *count)
{
	unsigned long calls = count->calls[0] + count->calls[1];

	fprintf(stderr, "vmm: %-10s %8lu %8lu %8lu %8lu %8lu\n", name, calls, count->calls[0],
		count->calls[1], calls - count->refused, count->refused);
}

static void table(void)
{
	struct count all = { };

	fprintf(stderr, "vmm: %-10s %8s %8s %8s %8s %8s\n", "service", "calls", "by HVC", "by SMC",
		"answered", "refused");
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		table_row(i < ARRAY_SIZE(services) ? services[i]->name : "other", &counts[i]);
		all.calls[0] += counts[i].calls[0];
		all.calls[1] += counts[i].calls[1];
		all.refused += counts[i].refused;
	}
	table_row("all", &all);
}

/* What was forwarded, and what the kernel counted */
void services_table(struct machine *machine)
{
	uint64_t forwarded = 0;

	if (machine->services || machine->options->nr_filters)
		table();
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		forwarded += counts[i].calls[0];
	if (machine->by_filter)
		fprintf(stderr, "vmm: kernel's smc_exit_stat: %lu, smccc_forwarded: %lu, smccc_denied: %lu\n",
			machine->smc_exits, machine->forwarded, machine->denied);
	fprintf(stderr, "vmm: kernel's hvc_exit_stat: %lu, of which %lu were not forwarded\n",
		machine->hvc_exits, machine->hvc_exits - forwarded);
}

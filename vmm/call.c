// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One forwarded call: finds the service and the function that it names, hands it
 * the arguments and the guest the answer, keeps count, and prints it. The firmware is
 * a table of services, whose order means nothing.
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

/* Calls a hook of each service; with machine.lock held, from the view's own thread */
void services_hook(enum hook hook, const struct view *view)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->hooks[hook])
			services[i]->hooks[hook](view);
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
	static const struct function unknown =
		ALWAYS(0, "?", .x = { SMCCC_NOT_SUPPORTED }, .nr_results = 1);
	const struct function *function;

	if (service < ARRAY_SIZE(services))
		for (function = services[service]->functions; function->name; function++)
			if (function->id == id)
				return function;
	return &unknown;
}

/*
 * Finds the function that the call of a KVM_EXIT_HYPERCALL names, and reads its
 * arguments. Those of SMC32 calls, and those of SMC64 calls that a specification calls
 * 32-bit, are 32 bits wide, whatever is above them, DEN0028 3.1.
 */
void call_read(struct vcpu *vcpu, struct served *served)
{
	struct call *call = &served->call;
	const char *arguments;

	*call = (struct call){
		.id = vcpu->run->hypercall.nr,
		.smc = vcpu->run->hypercall.flags == KVM_HYPERCALL_EXIT_SMC,
	};
	served->service = find_service(vcpu->machine, call->id);
	served->function = find_function(served->service, call->id);
	arguments = served->function->arguments;
	for (unsigned int i = 1; arguments[i - 1]; i++) {
		call->x[i] = view_argument(&vcpu->view, i);
		if (!(call->id & SMCCC_64BIT) || arguments[i - 1] == 'w')
			call->x[i] = (uint32_t)call->x[i];
	}
}

/* One of the negative answers that the service has a name for */
static bool is_refusal(const struct served *served)
{
	const struct answer_name *answer;
	int64_t value = served->outcome.x[0];

	if (value >= 0 || served->outcome.is_data)
		return false;
	if (served->service == ARRAY_SIZE(services))
		return value == SMCCC_NOT_SUPPORTED;
	for (answer = services[served->service]->answers; answer->name; answer++)
		if (answer->value == value)
			return true;
	return false;
}

static bool has_answer(const struct served *served)
{
	return served->outcome.kind == ANSWER || served->outcome.kind == TURN_ON;
}

/*
 * Counts the call, as the kernel has, and has the service decide; with machine.lock
 * held. Returns false if the machine has stopped: the call gets no answer then, for
 * threads may have ended already, which no service may kick.
 */
bool call_serve(struct vcpu *vcpu, struct served *served)
{
	counts[served->service].calls[served->call.smc]++;
	if (vcpu->machine->stop != STOP_NONE)
		return false;
	served->outcome = served->function->call ?
			  served->function->call(&vcpu->view, &served->call) :
			  served->function->outcome;
	if (has_answer(served))
		counts[served->service].refused += is_refusal(served);
	return true;
}

static void trace(struct vcpu *vcpu, const struct served *served)
{
	const struct call *call = &served->call;
	bool is_other = served->service == ARRAY_SIZE(services);
	const struct answer_name *name = is_other ? NULL : services[served->service]->answers;
	char line[256];
	int n;

	n = snprintf(line, sizeof(line), "vmm: cpu%u %s 0x%08x %s %s(", vcpu->view.index,
		     call->smc ? "smc" : "hvc", call->id,
		     is_other ? "other" : services[served->service]->name, served->function->name);
	for (unsigned int i = 1; served->function->arguments[i - 1]; i++)
		n += snprintf(line + n, sizeof(line) - n, "%s0x%lx", i > 1 ? ", " : "",
			      call->x[i]);
	while (name && name->name && (uint64_t)name->value != served->outcome.x[0])
		name++;
	if (!has_answer(served))
		fprintf(stderr, "%s)\n", line);
	else if (name && name->name)
		fprintf(stderr, "%s) = %s\n", line, name->name);
	else
		fprintf(stderr, "%s) = %#lx\n", line, served->outcome.x[0]);
}

/*
 * Gives the guest its answer, if the outcome has one: the PC is past the
 * instruction, the answer goes into x0 and, as the call defines, x1-x3. Then prints it
 * for --trace; not with machine.lock held, since a reader may be slow.
 */
void call_answer(struct vcpu *vcpu, const struct served *served)
{
	if (has_answer(served))
		view_answer(&vcpu->view, served->outcome.x, served->outcome.nr_results);
	if (vcpu->machine->options->trace)
		trace(vcpu, served);
}

static void table_row(const char *name, const struct count *count)
{
	unsigned long calls = count->calls[0] + count->calls[1];

	fprintf(stderr, "vmm: %-10s %8lu %8lu %8lu %8lu %8lu\n", name, calls, count->calls[0],
		count->calls[1], calls - count->refused, count->refused);
}

/* What was forwarded, and what the kernel counted; when no vCPU runs any more */
void services_table(struct machine *machine)
{
	bool has_table = machine->services || machine->options->nr_filters;
	struct count all = { };

	if (has_table)
		fprintf(stderr, "vmm: service       calls   by HVC   by SMC answered  refused\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		if (has_table)
			table_row(i < ARRAY_SIZE(services) ? services[i]->name : "other",
				  &counts[i]);
		all.calls[0] += counts[i].calls[0];
		all.calls[1] += counts[i].calls[1];
		all.refused += counts[i].refused;
	}
	if (has_table)
		table_row("all", &all);
	if (machine->counts.by_filter)
		fprintf(stderr, "vmm: kernel's smc_exit_stat: %lu, smccc_forwarded: %lu, smccc_denied: %lu\n",
			machine->counts.smc_exits, machine->counts.forwarded,
			machine->counts.denied);
	fprintf(stderr, "vmm: kernel's hvc_exit_stat: %lu, of which %lu were not forwarded\n",
		machine->counts.hvc_exits, machine->counts.hvc_exits - all.calls[0]);
}

/* Every service's state, and what has been counted; when no vCPU runs */
void services_save(struct machine *machine, struct buffer *to)
{
	uint8_t state[65536];
	uint64_t size;

	append(to, counts, sizeof(counts));
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		if (!services[i]->save)
			continue;
		size = services[i]->save(state, sizeof(state));
		if (!size)
			bad(to, "the state of %s is too large", services[i]->name);
		append(to, &size, sizeof(size));
		append(to, state, size);
	}
}

/* The same, in place of MACHINE_RESET */
void services_load(struct machine *machine, struct buffer *from)
{
	uint8_t state[65536];
	uint64_t size;

	take(from, counts, sizeof(counts));
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		if (!services[i]->load)
			continue;
		take(from, &size, sizeof(size));
		take(from, state, size > sizeof(state) ? 0 : size);
		if (!services[i]->load(state, size))
			bad(from, "it has a state of %s that there cannot be", services[i]->name);
	}
}

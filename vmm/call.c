// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One forwarded call: finds the service and the function that it names, hands it
 * the arguments and the guest the answer, keeps count, and prints it. The firmware is
 * a table of services, whose order means nothing.
 */
#include <stdio.h>
#include <string.h>

#include "vmm.h"

#define SMCCC_64BIT	(1u << 30)

enum { NOT_SUPPORTED = -1 };

/* Of ranges of --filter that are no service's */
static const struct service other_service = {
	.name = "other",
	.functions = (const struct function[]){ { } },
	.answers = { NAME(NOT_SUPPORTED) },
};

static const struct service *const services[] = {
	&psci_service,
	&sdei_service,
	&trng_service,
	&tee_service,
	&other_service,
};

#define OTHER	(ARRAY_SIZE(services) - 1)

static struct count {
	unsigned long calls[2];		/* by conduit: HVC, SMC */
	unsigned long refused;
} counts[ARRAY_SIZE(services)];

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
	for (unsigned int i = 0; machine->services && i < OTHER; i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(services[i]->ranges); j++)
			if (id - services[i]->ranges[j].base < services[i]->ranges[j].nr)
				return i;
	return OTHER;
}

static const struct function *find_function(unsigned int service, uint32_t id)
{
	static const struct function unknown =
		ALWAYS(0, "?", .x = { NOT_SUPPORTED }, .nr_results = 1);
	const struct function *function;

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

/* What the service calls its answer; or NULL */
static const char *answer_name(const struct served *served)
{
	uint64_t negative = -served->outcome.x[0];

	return negative < MAX_ANSWERS ? services[served->service]->answers[negative] : NULL;
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
	if (has_answer(served) && served->outcome.x[0] && !served->outcome.is_data &&
	    answer_name(served))
		counts[served->service].refused++;
	return true;
}

static void trace(struct vcpu *vcpu, const struct served *served)
{
	const struct call *call = &served->call;
	const char *name = answer_name(served);
	char line[256];
	int n;

	n = snprintf(line, sizeof(line), "vmm: cpu%u %s 0x%08x %s %s(", vcpu->view.index,
		     call->smc ? "smc" : "hvc", call->id, services[served->service]->name,
		     served->function->name);
	for (unsigned int i = 1; served->function->arguments[i - 1]; i++)
		n += snprintf(line + n, sizeof(line) - n, "%s0x%lx", i > 1 ? ", " : "",
			      call->x[i]);
	if (!has_answer(served))
		fprintf(stderr, "%s)\n", line);
	else if (name)
		fprintf(stderr, "%s) = %s\n", line, name);
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
	const struct kernel_counts *kernel = &machine->counts;
	struct count all = { };

	if (machine->services || machine->options->nr_filters) {
		fprintf(stderr, "vmm: service       calls   by HVC   by SMC answered  refused\n");
		for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
			table_row(services[i]->name, &counts[i]);
			all.calls[0] += counts[i].calls[0];
			all.calls[1] += counts[i].calls[1];
			all.refused += counts[i].refused;
		}
		table_row("all", &all);
	}
	if (kernel->by_filter)
		fprintf(stderr, "vmm: kernel's smc_exit_stat: %lu, smccc_forwarded: %lu, smccc_denied: %lu\n",
			kernel->smc_exits, kernel->forwarded, kernel->denied);
	fprintf(stderr, "vmm: kernel's hvc_exit_stat: %lu, of which %lu were not forwarded\n",
		kernel->hvc_exits, kernel->hvc_exits - all.calls[0]);
}

/* A new machine's: zero */
void services_reset(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i]->state)
			memset(services[i]->state, 0, services[i]->state_size);
}

/* Every service's state, behind its size, and what has been counted; when no vCPU runs */
void services_save(struct machine *machine, struct buffer *to)
{
	append(to, counts, sizeof(counts));
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		uint64_t size = services[i]->state_size;

		if (!size)
			continue;
		append(to, &size, sizeof(size));
		append(to, services[i]->state, size);
	}
}

void services_load(struct machine *machine, struct buffer *from)
{
	uint64_t size;

	take(from, counts, sizeof(counts));
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		if (!services[i]->state)
			continue;
		take(from, &size, sizeof(size));
		take(from, services[i]->state, services[i]->state_size);
		if (size != services[i]->state_size || !services[i]->is_possible())
			bad(from, "it has a state of %s that there cannot be", services[i]->name);
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Software Delegated Exception Interface 1.0, Arm DEN0054. The order of things:
 * a call changes state, update() kicks every vCPU that has something to take,
 * and the vCPU's own thread delivers it between two instructions.
 */
#include <string.h>

#include "vmm.h"

#define FN_BASE			0xc4000020u
#define FN(n)			(FN_BASE + (n))

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, DENIED = -3, PENDING = -5,
       OUT_OF_RESOURCE = -10 };

#define VERSION			(1ull << 48)
#define ROUTE_TO_PE		1	/* flag of REGISTER and ROUTING_SET; 0: to any */
#define STATUS_REGISTERED	(1 << 0)
#define STATUS_ENABLED		(1 << 1)
#define STATUS_RUNNING		(1 << 2)
#define FEATURE_BIND_SLOTS	0
#define NR_SGIS			16
#define MAX_INTERRUPT		1019

enum info { INFO_TYPE, INFO_SIGNALED, INFO_PRIORITY, INFO_ROUTING_MODE, INFO_ROUTING_AFFINITY };
enum priority { NORMAL, CRITICAL };

#define NR_CONTEXT_REGS		18	/* x0-x17, PC and PSTATE come back with COMPLETE */

/* Event 0 is the guest's own; the others are raised by "vmm control" */
static const struct event {
	uint32_t nr;
	bool shared, critical;
} events[] = {
	{ .nr = 0 },
	{ .nr = 0x40000000, .shared = true },
	{ .nr = 0x40000001, .shared = true, .critical = true },
	{ .nr = 0x40000002, .critical = true },
};

/* What the guest made of an event, for each vCPU if it is private; zero at reset */
struct handler {
	bool registered, enabled, running, pending;
	uint64_t entry, argument;
	bool to_one_pe;
	uint64_t affinity;
};

/* What a handler interrupted */
struct context {
	struct handler *handler;	/* NULL: none of this priority runs */
	uint64_t x[NR_CONTEXT_REGS], pc, pstate;
};

struct pe {
	bool unmasked;
	struct context contexts[2];	/* by priority: normal, critical */
	struct handler private[ARRAY_SIZE(events)];
};

static struct pe pes[MAX_VCPUS];
static struct handler shared[ARRAY_SIZE(events)];

static const struct event *find_event(uint64_t nr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].nr == nr)
			return &events[i];
	return NULL;
}

static struct handler *handler_of(const struct event *event, struct vcpu *vcpu)
{
	unsigned int i = event - events;

	return event->shared ? &shared[i] : &pes[vcpu->index].private[i];
}

/* The innermost handler's, or NULL */
static struct context *running_context(struct vcpu *vcpu)
{
	struct context *contexts = pes[vcpu->index].contexts;

	if (contexts[CRITICAL].handler)
		return &contexts[CRITICAL];
	if (contexts[NORMAL].handler)
		return &contexts[NORMAL];
	return NULL;
}

static bool can_take(struct vcpu *vcpu, const struct event *event)
{
	const struct pe *pe = &pes[vcpu->index];
	const struct handler *handler = handler_of(event, vcpu);

	/* A critical event interrupts a normal one's handler, and nothing else does */
	if (!pe->unmasked || pe->contexts[CRITICAL].handler ||
	    (pe->contexts[NORMAL].handler && !event->critical))
		return false;
	if (event->shared && handler->to_one_pe && handler->affinity != vcpu->mpidr)
		return false;
	return handler->enabled && handler->pending && !handler->running;
}

/* What this vCPU has to take, critical events first; or NULL */
static const struct event *next_event(struct vcpu *vcpu)
{
	const struct event *normal = NULL;

	if (vcpu->power != POWER_ON)
		return NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++) {
		if (!can_take(vcpu, &events[i]))
			continue;
		if (events[i].critical)
			return &events[i];
		if (!normal)
			normal = &events[i];
	}
	return normal;
}

static void update(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->nr_vcpus; i++)
		if (next_event(&machine->vcpus[i]))
			vcpu_kick(&machine->vcpus[i]);
}

static void save(struct vcpu *vcpu, struct context *context)
{
	for (unsigned int i = 0; i < NR_CONTEXT_REGS; i++)
		context->x[i] = vcpu_get(vcpu, REG_X(i));
	context->pc = vcpu_get(vcpu, REG_PC);
	context->pstate = vcpu_get(vcpu, REG_PSTATE);
}

static void restore(struct vcpu *vcpu, const struct context *context)
{
	for (unsigned int i = 0; i < NR_CONTEXT_REGS; i++)
		vcpu_set(vcpu, REG_X(i), context->x[i]);
	vcpu_set(vcpu, REG_PC, context->pc);
	vcpu_set(vcpu, REG_PSTATE, context->pstate);
}

/* The guest goes on in its handler, with x4-x17 as they were */
static void deliver(struct vcpu *vcpu)
{
	const struct event *event = next_event(vcpu);
	struct context *context;
	struct handler *handler;

	if (!event)
		return;
	handler = handler_of(event, vcpu);
	handler->pending = false;
	handler->running = true;
	context = &pes[vcpu->index].contexts[event->critical];
	context->handler = handler;
	save(vcpu, context);

	/* First, since KVM cuts what it sets to 32 bits while PSTATE is AArch32's */
	vcpu_set(vcpu, REG_PSTATE, exception_pstate(vcpu, context->pstate));
	vcpu_set(vcpu, REG_X(0), event->nr);
	vcpu_set(vcpu, REG_X(1), handler->argument);
	vcpu_set(vcpu, REG_X(2), context->pc);
	vcpu_set(vcpu, REG_X(3), context->pstate);
	vcpu_set(vcpu, REG_PC, handler->entry);
}

static int64_t version(struct vcpu *vcpu, struct call *call)
{
	return VERSION;
}

/* Flags and affinity of REGISTER and ROUTING_SET */
static bool is_route(struct vcpu *vcpu, uint64_t flags, uint64_t affinity)
{
	return !flags || (flags == ROUTE_TO_PE && machine_vcpu(vcpu->machine, affinity));
}

static void set_route(struct handler *handler, uint64_t flags, uint64_t affinity)
{
	handler->to_one_pe = flags == ROUTE_TO_PE;
	handler->affinity = affinity;
}

/* 5.1.2. The entry is a virtual address: all that can be said of it is its alignment */
static int64_t event_register(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event || !call->x[2] || call->x[2] % 4)
		return INVALID_PARAMETERS;
	/* A private event's routing mode and affinity are ignored, other flags are not */
	if (event->shared ? !is_route(vcpu, call->x[4], call->x[5]) :
			    (call->x[4] & ~(uint64_t)ROUTE_TO_PE) != 0)
		return INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	/* It may still run though it is not registered any more */
	if (handler->registered || handler->running)
		return DENIED;

	*handler = (struct handler){
		.registered = true,
		.entry = call->x[2],
		.argument = call->x[3],
	};
	if (event->shared)
		set_route(handler, call->x[4], call->x[5]);
	return SUCCESS;
}

static int64_t set_enabled(struct vcpu *vcpu, struct call *call, bool enabled)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event)
		return INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	if (!handler->registered)
		return DENIED;
	handler->enabled = enabled;
	update(vcpu->machine);
	return SUCCESS;
}

static int64_t event_enable(struct vcpu *vcpu, struct call *call)
{
	return set_enabled(vcpu, call, true);
}

static int64_t event_disable(struct vcpu *vcpu, struct call *call)
{
	return set_enabled(vcpu, call, false);
}

static int64_t event_context(struct vcpu *vcpu, struct call *call)
{
	const struct context *context = running_context(vcpu);

	if (!context)
		return DENIED;
	if (call->x[1] >= NR_CONTEXT_REGS)
		return INVALID_PARAMETERS;
	call->is_data = true;
	return context->x[call->x[1]];
}

/* Back to what the innermost handler interrupted; false if none runs */
static bool complete(struct vcpu *vcpu, struct call *call)
{
	struct context *context = running_context(vcpu);

	if (!context)
		return false;
	restore(vcpu, context);
	context->handler->running = false;
	context->handler = NULL;
	call->done = true;
	update(vcpu->machine);
	return true;
}

static int64_t event_complete(struct vcpu *vcpu, struct call *call)
{
	return complete(vcpu, call) ? SUCCESS : DENIED;
}

/*
 * 5.1.7: to x1, as if what was interrupted had taken an exception to there. It is
 * a virtual address, as Linux passes one of its vectors.
 */
static int64_t event_complete_and_resume(struct vcpu *vcpu, struct call *call)
{
	uint64_t pc, pstate;

	if (call->x[1] % 4)
		return INVALID_PARAMETERS;
	if (!complete(vcpu, call))
		return DENIED;
	pc = vcpu_get(vcpu, REG_PC);
	pstate = vcpu_get(vcpu, REG_PSTATE);
	vcpu_set(vcpu, REG_PSTATE, exception_pstate(vcpu, pstate));
	vcpu_set(vcpu, REG_ELR_EL1, pc);
	vcpu_set(vcpu, REG_SPSR_EL1, pstate);
	vcpu_set(vcpu, REG_PC, call->x[1]);
	return SUCCESS;
}

/*
 * 5.1.8. A handler that runs is finished first; until then the event is in the
 * state unregister-pending, and cannot be registered again
 */
static int64_t unregister(struct handler *handler)
{
	bool running = handler->running;

	if (!handler->registered && !running)
		return DENIED;
	*handler = (struct handler){ .running = running };
	return running ? PENDING : SUCCESS;
}

static int64_t event_unregister(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);

	return event ? unregister(handler_of(event, vcpu)) : INVALID_PARAMETERS;
}

static int64_t event_status(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	const struct handler *handler;

	if (!event)
		return INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	return (handler->registered ? STATUS_REGISTERED : 0) |
	       (handler->enabled ? STATUS_ENABLED : 0) | (handler->running ? STATUS_RUNNING : 0);
}

/*
 * 5.1.10: only a shared event that is registered has a route to tell. Signalled
 * is 0 of an event that SDEI_EVENT_SIGNAL can raise, as TF-A has it.
 */
static int64_t event_get_info(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	const struct handler *handler;

	if (!event)
		return INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	switch (call->x[2]) {
	case INFO_TYPE:
		return event->shared;
	case INFO_SIGNALED:
		return event->nr != 0;
	case INFO_PRIORITY:
		return event->critical ? CRITICAL : NORMAL;
	case INFO_ROUTING_MODE:
	case INFO_ROUTING_AFFINITY:
		if (!event->shared)
			return INVALID_PARAMETERS;
		if (!handler->registered)
			return DENIED;
		if (call->x[2] == INFO_ROUTING_MODE)
			return handler->to_one_pe;
		return handler->to_one_pe ? (int64_t)handler->affinity : INVALID_PARAMETERS;
	default:
		return INVALID_PARAMETERS;
	}
}

static int64_t event_routing_set(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event || !event->shared || !is_route(vcpu, call->x[2], call->x[3]))
		return INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	if (!handler->registered || handler->enabled || handler->running)
		return DENIED;
	set_route(handler, call->x[2], call->x[3]);
	return SUCCESS;
}

/* 5.1.12: 1 if it was this call that masked the PE */
static int64_t pe_mask(struct vcpu *vcpu, struct call *call)
{
	bool was_unmasked = pes[vcpu->index].unmasked;

	pes[vcpu->index].unmasked = false;
	return was_unmasked;
}

static int64_t pe_unmask(struct vcpu *vcpu, struct call *call)
{
	pes[vcpu->index].unmasked = true;
	update(vcpu->machine);
	return SUCCESS;
}

/* 5.1.16: event 0, to any PE. It stays pending until that one can take it. */
static int64_t event_signal(struct vcpu *vcpu, struct call *call)
{
	struct vcpu *target = machine_vcpu(vcpu->machine, call->x[2]);

	if (call->x[1] || !target)
		return INVALID_PARAMETERS;
	handler_of(&events[0], target)->pending = true;
	update(vcpu->machine);
	return SUCCESS;
}

/* No interrupt can be bound: there are no slots, private or shared */
static int64_t features(struct vcpu *vcpu, struct call *call)
{
	return call->x[1] == FEATURE_BIND_SLOTS ? 0 : INVALID_PARAMETERS;
}

/* 5.1.14 */
static int64_t interrupt_bind(struct vcpu *vcpu, struct call *call)
{
	if (call->x[1] < NR_SGIS || call->x[1] > MAX_INTERRUPT)
		return INVALID_PARAMETERS;
	return OUT_OF_RESOURCE;
}

/* 5.1.15: none of the events is a bound interrupt's */
static int64_t interrupt_release(struct vcpu *vcpu, struct call *call)
{
	return INVALID_PARAMETERS;
}

/* 5.1.17, 5.1.18: all or nothing, and nothing while a handler runs */
static int64_t reset(struct vcpu *vcpu, bool of_shared)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].shared == of_shared && handler_of(&events[i], vcpu)->running)
			return DENIED;
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].shared == of_shared)
			unregister(handler_of(&events[i], vcpu));
	return SUCCESS;
}

static int64_t private_reset(struct vcpu *vcpu, struct call *call)
{
	return reset(vcpu, false);
}

static int64_t shared_reset(struct vcpu *vcpu, struct call *call)
{
	return reset(vcpu, true);
}

const char *sdei_raise(struct machine *machine, uint32_t nr, struct vcpu *vcpu)
{
	const struct event *event = find_event(nr);
	struct handler *handler;

	if (!event || !nr)
		return "not an event of this platform";
	handler = handler_of(event, vcpu);
	if (!handler->registered)
		return "the guest has not registered it";
	handler->pending = true;
	update(machine);
	return NULL;
}

static void machine_reset(struct machine *machine)
{
	memset(pes, 0, sizeof(pes));
	memset(shared, 0, sizeof(shared));
}

/* Also after a CPU_SUSPEND that lost everything: software is not ready for an event */
static void mask_at_reset(struct vcpu *vcpu)
{
	pes[vcpu->index].unmasked = false;
}

/* It comes back with no private event, and finished with every shared one */
static void vcpu_off(struct vcpu *vcpu)
{
	struct context *context;

	while ((context = running_context(vcpu))) {
		context->handler->running = false;
		context->handler = NULL;
	}
	memset(&pes[vcpu->index], 0, sizeof(pes[vcpu->index]));
	update(vcpu->machine);
}

static const struct function functions[] = {
	{ FN(0x00), "SDEI_VERSION", "", version },
	{ FN(0x01), "SDEI_EVENT_REGISTER", "wxxxx", event_register },
	{ FN(0x02), "SDEI_EVENT_ENABLE", "w", event_enable },
	{ FN(0x03), "SDEI_EVENT_DISABLE", "w", event_disable },
	{ FN(0x04), "SDEI_EVENT_CONTEXT", "w", event_context },
	{ FN(0x05), "SDEI_EVENT_COMPLETE", "x", event_complete },
	{ FN(0x06), "SDEI_EVENT_COMPLETE_AND_RESUME", "x",
	  event_complete_and_resume },
	{ FN(0x07), "SDEI_EVENT_UNREGISTER", "w", event_unregister },
	{ FN(0x08), "SDEI_EVENT_STATUS", "w", event_status },
	{ FN(0x09), "SDEI_EVENT_GET_INFO", "ww", event_get_info },
	{ FN(0x0a), "SDEI_EVENT_ROUTING_SET", "wxx", event_routing_set },
	{ FN(0x0b), "SDEI_PE_MASK", "", pe_mask },
	{ FN(0x0c), "SDEI_PE_UNMASK", "", pe_unmask },
	{ FN(0x0d), "SDEI_INTERRUPT_BIND", "w", interrupt_bind },
	{ FN(0x0e), "SDEI_INTERRUPT_RELEASE", "w", interrupt_release },
	{ FN(0x0f), "SDEI_EVENT_SIGNAL", "wx", event_signal },
	{ FN(0x10), "SDEI_FEATURES", "w", features },
	{ FN(0x11), "SDEI_PRIVATE_RESET", "", private_reset },
	{ FN(0x12), "SDEI_SHARED_RESET", "", shared_reset },
	{ }
};

static const struct answer answers[] = {
	{ SUCCESS, "SUCCESS" },
	{ NOT_SUPPORTED, "NOT_SUPPORTED" },
	{ INVALID_PARAMETERS, "INVALID_PARAMETERS" },
	{ DENIED, "DENIED" },
	{ PENDING, "PENDING" },
	{ OUT_OF_RESOURCE, "OUT_OF_RESOURCE" },
	{ }
};

const struct service sdei_service = {
	.name = "sdei",
	.ranges = { { FN_BASE, 0x20 } },
	.functions = functions,
	.answers = answers,
	.machine_reset = machine_reset,
	.vcpu_reset = mask_at_reset,
	.vcpu_off = vcpu_off,
	.vcpu_kicked = deliver,
};

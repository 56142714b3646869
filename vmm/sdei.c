// SPDX-License-Identifier: GPL-2.0
/*
 * Software Delegated Exception Interface 1.0, Arm DEN0054. The order of things:
 * a call changes state, update() kicks every vCPU that has something to take,
 * and the vCPU's own thread delivers it between two instructions.
 */
#include <string.h>

#include <linux/arm_sdei.h>

#include "vmm.h"

#define SDEI_EVENT_SIGNAL	SDEI_1_0_FN(0x0f)
#define SDEI_FEATURES		SDEI_1_0_FN(0x10)
#define FEATURE_BIND_SLOTS	0

#define NR_CONTEXT_REGS		18	/* x0-x17, PC and PSTATE come back with COMPLETE */

#define PSTATE_EL1H_DAIF	0x3c5ul
#define PSTATE_PAN		(1ul << 22)
#define SCTLR_SPAN		(1ul << 23)

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

	if (contexts[SDEI_EVENT_PRIORITY_CRITICAL].handler)
		return &contexts[SDEI_EVENT_PRIORITY_CRITICAL];
	if (contexts[SDEI_EVENT_PRIORITY_NORMAL].handler)
		return &contexts[SDEI_EVENT_PRIORITY_NORMAL];
	return NULL;
}

static bool can_take(struct vcpu *vcpu, const struct event *event)
{
	const struct pe *pe = &pes[vcpu->index];
	const struct handler *handler = handler_of(event, vcpu);

	/* A critical event interrupts a normal one's handler, and nothing else does */
	if (!pe->unmasked || pe->contexts[SDEI_EVENT_PRIORITY_CRITICAL].handler ||
	    (pe->contexts[SDEI_EVENT_PRIORITY_NORMAL].handler && !event->critical))
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

/* As an exception to EL1 does it, PAN included, 4.3.4 */
static uint64_t handler_pstate(struct vcpu *vcpu, uint64_t interrupted)
{
	uint64_t pstate = PSTATE_EL1H_DAIF | (interrupted & PSTATE_PAN);

	if (!(vcpu_get(vcpu, REG_SCTLR_EL1) & SCTLR_SPAN))
		pstate |= PSTATE_PAN;
	return pstate;
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
	vcpu_set(vcpu, REG_PSTATE, handler_pstate(vcpu, context->pstate));
	vcpu_set(vcpu, REG_X(0), event->nr);
	vcpu_set(vcpu, REG_X(1), handler->argument);
	vcpu_set(vcpu, REG_X(2), context->pc);
	vcpu_set(vcpu, REG_X(3), context->pstate);
	vcpu_set(vcpu, REG_PC, handler->entry);
}

static int64_t version(struct vcpu *vcpu, struct call *call)
{
	return 1ull << SDEI_VERSION_MAJOR_SHIFT;
}

/* Flags and affinity of REGISTER and ROUTING_SET */
static bool is_route(struct vcpu *vcpu, uint64_t flags, uint64_t affinity)
{
	return flags == SDEI_EVENT_REGISTER_RM_ANY ||
	       (flags == SDEI_EVENT_REGISTER_RM_PE && machine_vcpu(vcpu->machine, affinity));
}

static void set_route(struct handler *handler, uint64_t flags, uint64_t affinity)
{
	handler->to_one_pe = flags == SDEI_EVENT_REGISTER_RM_PE;
	handler->affinity = affinity;
}

/* 5.1.2 */
static int64_t event_register(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event || call->x[2] % 4)
		return SDEI_INVALID_PARAMETERS;
	/* A private event has no route */
	if (event->shared ? !is_route(vcpu, call->x[4], call->x[5]) : call->x[4] != 0)
		return SDEI_INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	/* It may still run though it is not registered any more */
	if (handler->registered || handler->running)
		return SDEI_DENIED;

	*handler = (struct handler){
		.registered = true,
		.entry = call->x[2],
		.argument = call->x[3],
	};
	if (event->shared)
		set_route(handler, call->x[4], call->x[5]);
	return SDEI_SUCCESS;
}

static int64_t set_enabled(struct vcpu *vcpu, struct call *call, bool enabled)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event)
		return SDEI_INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	if (!handler->registered)
		return SDEI_DENIED;
	handler->enabled = enabled;
	update(vcpu->machine);
	return SDEI_SUCCESS;
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
		return SDEI_DENIED;
	if (call->x[1] >= NR_CONTEXT_REGS)
		return SDEI_INVALID_PARAMETERS;
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
	return complete(vcpu, call) ? SDEI_SUCCESS : SDEI_DENIED;
}

/* 5.1.7: to x1, as if what was interrupted had taken an exception to there */
static int64_t event_complete_and_resume(struct vcpu *vcpu, struct call *call)
{
	uint64_t pc, pstate;

	if (!complete(vcpu, call))
		return SDEI_DENIED;
	pc = vcpu_get(vcpu, REG_PC);
	pstate = vcpu_get(vcpu, REG_PSTATE);
	vcpu_set(vcpu, REG_PSTATE, handler_pstate(vcpu, pstate));
	vcpu_set(vcpu, REG_ELR_EL1, pc);
	vcpu_set(vcpu, REG_SPSR_EL1, pstate);
	vcpu_set(vcpu, REG_PC, call->x[1]);
	return SDEI_SUCCESS;
}

/* A handler that runs is finished first; until then it cannot be registered again */
static int64_t unregister(struct handler *handler)
{
	bool running = handler->running;

	if (!handler->registered)
		return SDEI_DENIED;
	*handler = (struct handler){ .running = running };
	return running ? SDEI_PENDING : SDEI_SUCCESS;
}

static int64_t event_unregister(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);

	return event ? unregister(handler_of(event, vcpu)) : SDEI_INVALID_PARAMETERS;
}

static int64_t event_status(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	const struct handler *handler;

	if (!event)
		return SDEI_INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	return handler->registered << SDEI_EVENT_STATUS_REGISTERED |
	       handler->enabled << SDEI_EVENT_STATUS_ENABLED |
	       handler->running << SDEI_EVENT_STATUS_RUNNING;
}

/* 5.1.10: only a shared event that is registered has a route to tell */
static int64_t event_get_info(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	const struct handler *handler;

	if (!event)
		return SDEI_INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	switch (call->x[2]) {
	case SDEI_EVENT_INFO_EV_TYPE:
		return event->shared ? SDEI_EVENT_TYPE_SHARED : SDEI_EVENT_TYPE_PRIVATE;
	case SDEI_EVENT_INFO_EV_SIGNALED:
		return event->nr == 0;
	case SDEI_EVENT_INFO_EV_PRIORITY:
		return event->critical ? SDEI_EVENT_PRIORITY_CRITICAL : SDEI_EVENT_PRIORITY_NORMAL;
	case SDEI_EVENT_INFO_EV_ROUTING_MODE:
	case SDEI_EVENT_INFO_EV_ROUTING_AFF:
		if (!event->shared)
			return SDEI_INVALID_PARAMETERS;
		if (!handler->registered)
			return SDEI_DENIED;
		if (call->x[2] == SDEI_EVENT_INFO_EV_ROUTING_MODE)
			return handler->to_one_pe;
		return handler->to_one_pe ? (int64_t)handler->affinity : SDEI_INVALID_PARAMETERS;
	default:
		return SDEI_INVALID_PARAMETERS;
	}
}

static int64_t event_routing_set(struct vcpu *vcpu, struct call *call)
{
	const struct event *event = find_event(call->x[1]);
	struct handler *handler;

	if (!event || !event->shared || !is_route(vcpu, call->x[2], call->x[3]))
		return SDEI_INVALID_PARAMETERS;
	handler = handler_of(event, vcpu);
	if (!handler->registered || handler->enabled || handler->running)
		return SDEI_DENIED;
	set_route(handler, call->x[2], call->x[3]);
	return SDEI_SUCCESS;
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
	return SDEI_SUCCESS;
}

/* 5.1.16: event 0, to any PE. It stays pending until that one can take it. */
static int64_t event_signal(struct vcpu *vcpu, struct call *call)
{
	struct vcpu *target = machine_vcpu(vcpu->machine, call->x[2]);

	if (call->x[1] || !target)
		return SDEI_INVALID_PARAMETERS;
	handler_of(&events[0], target)->pending = true;
	update(vcpu->machine);
	return SDEI_SUCCESS;
}

/* Interrupts cannot be bound: no slots, private or shared */
static int64_t features(struct vcpu *vcpu, struct call *call)
{
	return call->x[1] == FEATURE_BIND_SLOTS ? 0 : SDEI_INVALID_PARAMETERS;
}

static int64_t reset(struct vcpu *vcpu, bool of_shared)
{
	int64_t ret = SDEI_SUCCESS;

	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].shared == of_shared &&
		    unregister(handler_of(&events[i], vcpu)) == SDEI_PENDING)
			ret = SDEI_PENDING;
	return ret;
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
	{ SDEI_1_0_FN_SDEI_VERSION, "SDEI_VERSION", "", version },
	{ SDEI_1_0_FN_SDEI_EVENT_REGISTER, "SDEI_EVENT_REGISTER", "wxxxx", event_register },
	{ SDEI_1_0_FN_SDEI_EVENT_ENABLE, "SDEI_EVENT_ENABLE", "w", event_enable },
	{ SDEI_1_0_FN_SDEI_EVENT_DISABLE, "SDEI_EVENT_DISABLE", "w", event_disable },
	{ SDEI_1_0_FN_SDEI_EVENT_CONTEXT, "SDEI_EVENT_CONTEXT", "w", event_context },
	{ SDEI_1_0_FN_SDEI_EVENT_COMPLETE, "SDEI_EVENT_COMPLETE", "x", event_complete },
	{ SDEI_1_0_FN_SDEI_EVENT_COMPLETE_AND_RESUME, "SDEI_EVENT_COMPLETE_AND_RESUME", "x",
	  event_complete_and_resume },
	{ SDEI_1_0_FN_SDEI_EVENT_UNREGISTER, "SDEI_EVENT_UNREGISTER", "w", event_unregister },
	{ SDEI_1_0_FN_SDEI_EVENT_STATUS, "SDEI_EVENT_STATUS", "w", event_status },
	{ SDEI_1_0_FN_SDEI_EVENT_GET_INFO, "SDEI_EVENT_GET_INFO", "ww", event_get_info },
	{ SDEI_1_0_FN_SDEI_EVENT_ROUTING_SET, "SDEI_EVENT_ROUTING_SET", "wxx", event_routing_set },
	{ SDEI_1_0_FN_SDEI_PE_MASK, "SDEI_PE_MASK", "", pe_mask },
	{ SDEI_1_0_FN_SDEI_PE_UNMASK, "SDEI_PE_UNMASK", "", pe_unmask },
	{ SDEI_1_0_FN_SDEI_INTERRUPT_BIND, "SDEI_INTERRUPT_BIND", "w", NULL },
	{ SDEI_1_0_FN_SDEI_INTERRUPT_RELEASE, "SDEI_INTERRUPT_RELEASE", "w", NULL },
	{ SDEI_EVENT_SIGNAL, "SDEI_EVENT_SIGNAL", "wx", event_signal },
	{ SDEI_FEATURES, "SDEI_FEATURES", "w", features },
	{ SDEI_1_0_FN_SDEI_PRIVATE_RESET, "SDEI_PRIVATE_RESET", "", private_reset },
	{ SDEI_1_0_FN_SDEI_SHARED_RESET, "SDEI_SHARED_RESET", "", shared_reset },
	{ }
};

static const struct answer answers[] = {
	{ SDEI_SUCCESS, "SUCCESS" },
	{ SDEI_NOT_SUPPORTED, "NOT_SUPPORTED" },
	{ SDEI_INVALID_PARAMETERS, "INVALID_PARAMETERS" },
	{ SDEI_DENIED, "DENIED" },
	{ SDEI_PENDING, "PENDING" },
	{ }
};

const struct service sdei_service = {
	.name = "sdei",
	.ranges = { { SDEI_1_0_FN_BASE, 0x20 } },
	.functions = functions,
	.answers = answers,
	.machine_reset = machine_reset,
	.vcpu_reset = mask_at_reset,
	.vcpu_off = vcpu_off,
	.vcpu_kicked = deliver,
};

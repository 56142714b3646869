// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The events of SDEI, Arm DEN0054. The order of things: a call changes state,
 * events_update() kicks every vCPU that has something to take, and the vCPU's own
 * thread delivers it between two instructions.
 */
#include <string.h>

#include "events.h"
#include "registers.h"

/* Event 0 is the guest's own; the others are raised by "vmm control" */
const struct event events[NR_EVENTS] = {
	{ .nr = 0 },
	{ .nr = 0x40000000, .shared = true },
	{ .nr = 0x40000001, .shared = true, .critical = true },
	{ .nr = 0x40000002, .critical = true },
};

struct events_state events_state;

const struct event *event_find(uint32_t nr)
{
	for (unsigned int i = 0; i < NR_EVENTS; i++)
		if (events[i].nr == nr)
			return &events[i];
	return NULL;
}

struct handler *event_handler(const struct event *event, unsigned int index)
{
	unsigned int i = event - events;

	return event->shared ? &events_state.shared[i] : &events_state.pes[index].private[i];
}

struct context *event_context(const struct view *view)
{
	struct context *contexts = events_state.pes[view->index].contexts;

	for (int priority = CRITICAL; priority >= NORMAL; priority--)
		if (contexts[priority].event)
			return &contexts[priority];
	return NULL;
}

/* The handler has come to its end */
static void finish(const struct view *view, struct context *context)
{
	event_handler(&events[context->event - 1], view->index)->running = false;
	context->event = 0;
}

static bool can_take(const struct view *view, unsigned int index, const struct event *event)
{
	const struct pe *pe = &events_state.pes[index];
	const struct handler *handler = event_handler(event, index);

	/* A critical event interrupts a normal one's handler, and nothing else does */
	if (!pe->unmasked || pe->contexts[CRITICAL].event ||
	    (pe->contexts[NORMAL].event && !event->critical))
		return false;
	if (event->shared && handler->to_one_pe && handler->affinity != view->cpus[index].mpidr)
		return false;
	return handler->enabled && handler->pending && !handler->running;
}

/* What vCPU @index has to take, critical events first; or NULL */
static const struct event *next_event(const struct view *view, unsigned int index)
{
	const struct event *next = NULL;

	for (unsigned int i = 0; i < NR_EVENTS && view->cpus[index].power == POWER_ON; i++)
		if (can_take(view, index, &events[i]) &&
		    (!next || (events[i].critical && !next->critical)))
			next = &events[i];
	return next;
}

void events_update(const struct view *view)
{
	for (unsigned int i = 0; i < view->nr_cpus; i++)
		if (next_event(view, i))
			view_kick(view, i);
}

/*
 * PSTATE after an exception that was taken to EL1h with PSTATE @interrupted, Arm
 * DDI 0487 D1.3.1: the flags and DIT stay, PAN is set unless SCTLR_EL1.SPAN says that
 * it stays, SSBS is SCTLR_EL1.DSSBS, all else is 0. The fields that stay are
 * at the same place in AArch32's PSTATE. TCO is for guests with MTE: ours has none.
 */
static uint64_t exception_pstate(const struct view *view, uint64_t interrupted)
{
	uint64_t sctlr = view_get(view, REG_SCTLR_EL1);
	uint64_t pstate = PSTATE_EL1H_DAIF;

	pstate |= interrupted & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
	if (!(sctlr & SCTLR_SPAN))
		pstate |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return pstate;
}

static void save_context(const struct view *view, struct context *context)
{
	for (unsigned int i = 0; i < NR_CONTEXT_REGS; i++)
		context->x[i] = view_get(view, REG_X(i));
	context->pc = view_get(view, REG_PC);
	context->pstate = view_get(view, REG_PSTATE);
}

static void restore_context(const struct view *view, const struct context *context)
{
	for (unsigned int i = 0; i < NR_CONTEXT_REGS; i++)
		view_set(view, REG_X(i), context->x[i]);
	view_set(view, REG_PC, context->pc);
	view_set(view, REG_PSTATE, context->pstate);
}

/* The guest goes on in its handler, with x4-x17 as they were */
void events_deliver(const struct view *view)
{
	const struct event *event = next_event(view, view->index);
	struct context *context;
	struct handler *handler;

	if (!event)
		return;
	handler = event_handler(event, view->index);
	handler->pending = false;
	handler->running = true;
	context = &events_state.pes[view->index].contexts[event->critical];
	context->event = 1 + (event - events);
	save_context(view, context);

	/* First, since KVM cuts what it sets to 32 bits while PSTATE is AArch32's */
	view_set(view, REG_PSTATE, exception_pstate(view, context->pstate));
	view_set(view, REG_X(0), event->nr);
	view_set(view, REG_X(1), handler->argument);
	view_set(view, REG_X(2), context->pc);
	view_set(view, REG_X(3), context->pstate);
	view_set(view, REG_PC, handler->entry);
}

bool event_complete(const struct view *view)
{
	struct context *context = event_context(view);

	if (!context)
		return false;
	restore_context(view, context);
	finish(view, context);
	events_update(view);
	return true;
}

void event_resume(const struct view *view, uint64_t pc)
{
	uint64_t elr = view_get(view, REG_PC), spsr = view_get(view, REG_PSTATE);

	view_set(view, REG_PSTATE, exception_pstate(view, spsr));
	view_set(view, REG_ELR_EL1, elr);
	view_set(view, REG_SPSR_EL1, spsr);
	view_set(view, REG_PC, pc);
}

const char *sdei_raise(const struct view *view, uint32_t nr)
{
	const struct event *event = event_find(nr);
	struct handler *handler;

	if (!event || !nr)
		return "not an event of this platform";
	handler = event_handler(event, view->index);
	if (!handler->registered)
		return "the guest has not registered it";
	handler->pending = true;
	events_update(view);
	return NULL;
}

bool events_are_possible(void)
{
	for (unsigned int i = 0; i < MAX_VCPUS; i++)
		for (unsigned int j = NORMAL; j <= CRITICAL; j++)
			if (events_state.pes[i].contexts[j].event > NR_EVENTS)
				return false;
	return true;
}

/* Also after a CPU_SUSPEND that lost everything: software is not ready for an event */
void events_vcpu_reset(const struct view *view)
{
	events_state.pes[view->index].unmasked = false;
}

/* It comes back with no private event, and finished with every shared one */
void events_vcpu_off(const struct view *view)
{
	struct context *context;

	while ((context = event_context(view)))
		finish(view, context);
	memset(&events_state.pes[view->index], 0, sizeof(events_state.pes[view->index]));
	events_update(view);
}

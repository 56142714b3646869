// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Software Delegated Exception Interface 1.0, Arm DEN0054: its calls. */
#include "events.h"

#define FN_BASE			0xc4000020u
#define FN(n)			(FN_BASE + (n))
#define EVENT_ENABLE		FN(0x02)
#define EVENT_COMPLETE_AND_RESUME FN(0x06)
#define PE_MASK			FN(0x0b)
#define SHARED_RESET		FN(0x12)

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

/* Of the event that a call names in x1; or NULL */
static struct handler *handler_named(const struct view *view, const struct call *call)
{
	const struct event *event = event_find(call->x[1]);

	return event ? event_handler(event, view->index) : NULL;
}

/* Flags and affinity of REGISTER and ROUTING_SET */
static bool is_route(const struct view *view, uint64_t flags, uint64_t affinity)
{
	return !flags || (flags == ROUTE_TO_PE && view_find(view, affinity) >= 0);
}

static void set_route(struct handler *handler, uint64_t flags, uint64_t affinity)
{
	handler->to_one_pe = flags == ROUTE_TO_PE;
	handler->affinity = affinity;
}

/* 5.1.2. The entry is a virtual address: all that can be said of it is its alignment */
static struct outcome event_register(const struct view *view, const struct call *call)
{
	const struct event *event = event_find(call->x[1]);
	struct handler *handler;

	if (!event || !call->x[2] || call->x[2] % 4)
		return answer(INVALID_PARAMETERS);
	/* A private event's routing mode and affinity are ignored, other flags are not */
	if (event->shared ? !is_route(view, call->x[4], call->x[5]) :
			    (call->x[4] & ~(uint64_t)ROUTE_TO_PE) != 0)
		return answer(INVALID_PARAMETERS);
	handler = event_handler(event, view->index);
	/* It may still run though it is not registered any more */
	if (handler->registered || handler->running)
		return answer(DENIED);

	*handler = (struct handler){
		.registered = true,
		.entry = call->x[2],
		.argument = call->x[3],
	};
	if (event->shared)
		set_route(handler, call->x[4], call->x[5]);
	return answer(SUCCESS);
}

static struct outcome enable_or_disable(const struct view *view, const struct call *call)
{
	struct handler *handler = handler_named(view, call);

	if (!handler)
		return answer(INVALID_PARAMETERS);
	if (!handler->registered)
		return answer(DENIED);
	handler->enabled = call->id == EVENT_ENABLE;
	events_update(view);
	return answer(SUCCESS);
}

static struct outcome context(const struct view *view, const struct call *call)
{
	struct outcome outcome = { .kind = ANSWER, .nr_results = 1, .is_data = true };
	const struct context *interrupted = event_context(view);

	if (!interrupted)
		return answer(DENIED);
	if (call->x[1] >= NR_CONTEXT_REGS)
		return answer(INVALID_PARAMETERS);
	outcome.x[0] = interrupted->x[call->x[1]];
	return outcome;
}

/*
 * 5.1.6, 5.1.7: back, or to x1 as if what was interrupted had taken an exception to
 * there. It is a virtual address, as Linux passes one of its vectors.
 */
static struct outcome complete(const struct view *view, const struct call *call)
{
	bool is_resume = call->id == EVENT_COMPLETE_AND_RESUME;

	if (is_resume && call->x[1] % 4)
		return answer(INVALID_PARAMETERS);
	if (!event_complete(view))
		return answer(DENIED);
	if (is_resume)
		event_resume(view, call->x[1]);
	return (struct outcome){ .kind = CONTEXT };
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

static struct outcome event_unregister(const struct view *view, const struct call *call)
{
	struct handler *handler = handler_named(view, call);

	return answer(handler ? unregister(handler) : INVALID_PARAMETERS);
}

static struct outcome event_status(const struct view *view, const struct call *call)
{
	const struct handler *handler = handler_named(view, call);

	if (!handler)
		return answer(INVALID_PARAMETERS);
	return answer((handler->registered ? STATUS_REGISTERED : 0) |
		      (handler->enabled ? STATUS_ENABLED : 0) |
		      (handler->running ? STATUS_RUNNING : 0));
}

/*
 * 5.1.10: only a shared event that is registered has a route to tell. Signalled
 * is 0 of an event that SDEI_EVENT_SIGNAL can raise, as TF-A has it.
 */
static struct outcome event_get_info(const struct view *view, const struct call *call)
{
	const struct event *event = event_find(call->x[1]);
	const struct handler *handler;

	if (!event)
		return answer(INVALID_PARAMETERS);
	handler = event_handler(event, view->index);
	switch (call->x[2]) {
	case INFO_TYPE:
		return answer(event->shared);
	case INFO_SIGNALED:
		return answer(event->nr != 0);
	case INFO_PRIORITY:
		return answer(event->critical ? CRITICAL : NORMAL);
	case INFO_ROUTING_MODE:
	case INFO_ROUTING_AFFINITY:
		if (!event->shared)
			return answer(INVALID_PARAMETERS);
		if (!handler->registered)
			return answer(DENIED);
		if (call->x[2] == INFO_ROUTING_MODE)
			return answer(handler->to_one_pe);
		return answer(handler->to_one_pe ? (int64_t)handler->affinity : INVALID_PARAMETERS);
	default:
		return answer(INVALID_PARAMETERS);
	}
}

static struct outcome event_routing_set(const struct view *view, const struct call *call)
{
	const struct event *event = event_find(call->x[1]);
	struct handler *handler;

	if (!event || !event->shared || !is_route(view, call->x[2], call->x[3]))
		return answer(INVALID_PARAMETERS);
	handler = event_handler(event, view->index);
	if (!handler->registered || handler->enabled || handler->running)
		return answer(DENIED);
	set_route(handler, call->x[2], call->x[3]);
	return answer(SUCCESS);
}

/* 5.1.12, 5.1.13: 1 if it was this call that masked the PE */
static struct outcome mask_or_unmask(const struct view *view, const struct call *call)
{
	struct pe *pe = &events_state.pes[view->index];
	bool mask = call->id == PE_MASK, was_unmasked = pe->unmasked;

	pe->unmasked = !mask;
	events_update(view);
	return answer(mask && was_unmasked);
}

/* 5.1.16: event 0, to any PE. It stays pending until that one can take it. */
static struct outcome event_signal(const struct view *view, const struct call *call)
{
	int target = view_find(view, call->x[2]);

	if (call->x[1] || target < 0)
		return answer(INVALID_PARAMETERS);
	event_handler(&events[0], target)->pending = true;
	events_update(view);
	return answer(SUCCESS);
}

/* No interrupt can be bound: there are no slots, private or shared */
static struct outcome features(const struct view *view, const struct call *call)
{
	return answer(call->x[1] == FEATURE_BIND_SLOTS ? 0 : INVALID_PARAMETERS);
}

/* 5.1.14 */
static struct outcome interrupt_bind(const struct view *view, const struct call *call)
{
	if (call->x[1] < NR_SGIS || call->x[1] > MAX_INTERRUPT)
		return answer(INVALID_PARAMETERS);
	return answer(OUT_OF_RESOURCE);
}

/* 5.1.17, 5.1.18: all or nothing, and nothing while a handler of the kind runs */
static struct outcome reset(const struct view *view, const struct call *call)
{
	bool shared = call->id == SHARED_RESET;

	for (unsigned int i = 0; i < NR_EVENTS; i++)
		if (events[i].shared == shared && event_handler(&events[i], view->index)->running)
			return answer(DENIED);
	for (unsigned int i = 0; i < NR_EVENTS; i++)
		if (events[i].shared == shared)
			unregister(event_handler(&events[i], view->index));
	return answer(SUCCESS);
}

static const struct function functions[] = {
	ALWAYS(FN(0x00), "SDEI_VERSION", .x = { VERSION }, .nr_results = 1),
	CALL(FN(0x01), "SDEI_EVENT_REGISTER", "wxxxx", event_register),
	CALL(EVENT_ENABLE, "SDEI_EVENT_ENABLE", "w", enable_or_disable),
	CALL(FN(0x03), "SDEI_EVENT_DISABLE", "w", enable_or_disable),
	CALL(FN(0x04), "SDEI_EVENT_CONTEXT", "w", context),
	CALL(FN(0x05), "SDEI_EVENT_COMPLETE", "x", complete),
	CALL(EVENT_COMPLETE_AND_RESUME, "SDEI_EVENT_COMPLETE_AND_RESUME", "x", complete),
	CALL(FN(0x07), "SDEI_EVENT_UNREGISTER", "w", event_unregister),
	CALL(FN(0x08), "SDEI_EVENT_STATUS", "w", event_status),
	CALL(FN(0x09), "SDEI_EVENT_GET_INFO", "ww", event_get_info),
	CALL(FN(0x0a), "SDEI_EVENT_ROUTING_SET", "wxx", event_routing_set),
	CALL(PE_MASK, "SDEI_PE_MASK", "", mask_or_unmask),
	CALL(FN(0x0c), "SDEI_PE_UNMASK", "", mask_or_unmask),
	CALL(FN(0x0d), "SDEI_INTERRUPT_BIND", "w", interrupt_bind),
	ALWAYS(FN(0x0e), "SDEI_INTERRUPT_RELEASE", .x = { INVALID_PARAMETERS }, .nr_results = 1),
	CALL(FN(0x0f), "SDEI_EVENT_SIGNAL", "wx", event_signal),
	CALL(FN(0x10), "SDEI_FEATURES", "w", features),
	CALL(FN(0x11), "SDEI_PRIVATE_RESET", "", reset),
	CALL(SHARED_RESET, "SDEI_SHARED_RESET", "", reset),
	{ }
};

const struct service sdei_service = {
	.name = "sdei",
	.ranges = { { FN_BASE, 0x20 } },
	.functions = functions,
	.answers = {
		NAME(SUCCESS), NAME(NOT_SUPPORTED), NAME(INVALID_PARAMETERS), NAME(DENIED),
		NAME(PENDING), NAME(OUT_OF_RESOURCE),
	},
	.hooks = {
		[VCPU_RESET] = events_vcpu_reset,
		[VCPU_OFF] = events_vcpu_off,
		[VCPU_KICKED] = events_deliver,
	},
	.state = &events_state,
	.state_size = sizeof(events_state),
	.is_possible = events_are_possible,
};

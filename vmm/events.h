/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The events of SDEI, Arm DEN0054: what there is, what the guest made of them, and
 * how they reach it. For sdei.c, which answers the calls.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "service.h"

#define NR_EVENTS		4
#define NR_CONTEXT_REGS		18	/* x0-x17, PC and PSTATE come back with COMPLETE */

enum priority { NORMAL, CRITICAL };

struct event {
	uint32_t nr;
	bool shared, critical;
};

/* What the guest made of an event, for each vCPU if it is private; zero at reset */
struct handler {
	uint8_t registered, enabled, running, pending;	/* a file may hold more than 1 */
	uint64_t entry, argument;	/* entry is a virtual address */
	uint8_t to_one_pe;
	uint64_t affinity;
};

/* What a handler interrupted */
struct context {
	unsigned int event;		/* 1 + its index in events; 0: none of this priority */
	uint64_t x[NR_CONTEXT_REGS], pc, pstate;
};

extern const struct event events[NR_EVENTS];

/* Zero at reset */
extern struct events_state {
	struct pe {
		uint8_t unmasked;
		struct context contexts[2];	/* by priority: normal, critical */
		struct handler private[NR_EVENTS];
	} pes[MAX_VCPUS];
	struct handler shared[NR_EVENTS];
} events_state;

const struct event *event_find(uint32_t nr);	/* or NULL */
/* Of a private event, vCPU @index's own */
struct handler *event_handler(const struct event *event, unsigned int index);
/* The innermost handler's on the view's vCPU; or NULL */
struct context *event_context(const struct view *view);
/* Something has changed: kicks every vCPU that has an event to take */
void events_update(const struct view *view);
/* Back to what the innermost handler interrupted; false if none runs */
bool event_complete(const struct view *view);
/* The vCPU takes an exception to @pc at EL1, with what it was going to do in ELR and SPSR */
void event_resume(const struct view *view, uint64_t pc);

/* The hooks of struct service, and whether what came from a file can be used */
void events_vcpu_reset(const struct view *view);
void events_vcpu_off(const struct view *view);
void events_deliver(const struct view *view);
bool events_are_possible(void);

#endif

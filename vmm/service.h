/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a service of the firmware and the rest of the VMM know of each other. A
 * service answers the calls of a specification. It sees its caller through a view,
 * and says by an outcome what is to become of the caller; it neither changes the
 * power state of a vCPU nor knows another service.
 *
 * Everything here is called with machine.lock held, and prints nothing.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_VCPUS	64
#define AFFINITY_BITS	0xff00fffffful	/* of MPIDR_EL1 */

/* As PSCI's AFFINITY_INFO counts them, DEN0022 5.1.8 */
enum power { POWER_ON, POWER_OFF, POWER_ON_PENDING };

enum stop { STOP_NONE, STOP_OFF, STOP_RESET, STOP_CRASH, STOP_MOVED };

/* Where a vCPU starts, DEN0022 6.4 */
struct entry {
	uint64_t pc, x0;
	uint8_t big_endian;
};

/* What may be known of each vCPU */
struct cpu {
	uint64_t mpidr;			/* affinity fields only */
	bool plugged;			/* policy: CPU_ON may succeed */
	enum power power;
};

/* The guest, from one of its vCPUs: the one that calls, or that is meant */
struct view {
	unsigned int index;		/* of that vCPU, in cpus */
	unsigned int nr_cpus;
	const struct cpu *cpus;
	struct machine *machine;	/* for the functions below */
};

/* The index of the vCPU whose affinity is @mpidr, and nothing else in it; or -1 */
int view_find(const struct view *view, uint64_t mpidr);
/* A register of the view's own vCPU, which is the calling thread's, by KVM's id */
uint64_t view_get(const struct view *view, uint64_t reg);
void view_set(const struct view *view, uint64_t reg, uint64_t value);
/* Whether that vCPU's data is big-endian at EL1 */
bool view_big_endian(const struct view *view);
/* Whether all @size bytes at guest physical @addr are RAM; @size is not 0 */
bool view_has_ram(const struct view *view, uint64_t addr, uint64_t size);
/* Has the kicked hooks of services called by vCPU @index, before its next instruction */
void view_kick(const struct view *view, unsigned int index);

/* A call that the kernel forwarded */
struct call {
	uint32_t id;
	bool smc;
	uint64_t x[7];			/* x1-x6 as far as the function has arguments */
};

/* What is to become of the caller */
enum outcome_kind {
	ANSWER,			/* it goes on with x0-x3 as far as there are results */
	TURN_ON,		/* the same; and vCPU target, which is off, starts at entry */
	OFF,			/* it is off */
	SUSPEND,		/* until it is kicked; then x0 is 0, or it starts at entry */
	CONTEXT,		/* it goes on with the registers that the service has set */
	STOP,			/* all vCPUs stop */
};

struct outcome {
	enum outcome_kind kind;
	uint64_t x[4];
	unsigned int nr_results;	/* how many of x the answer has; x0 at least */
	bool is_data;			/* x0 is no error even if it looks like one */
	unsigned int target;		/* of TURN_ON */
	struct entry entry;		/* of TURN_ON, and of SUSPEND with powerdown */
	bool powerdown;			/* of SUSPEND: registers are lost */
	enum stop stop;			/* of STOP */
};

static inline struct outcome answer(int64_t x0)
{
	return (struct outcome){ .kind = ANSWER, .x = { x0 }, .nr_results = 1 };
}

struct function {
	uint32_t id;
	const char *name;
	/*
	 * A letter for each argument: 'w', 32 bits wide be the call SMC32 or SMC64,
	 * or 'x', as wide as the call
	 */
	const char *arguments;
	struct outcome (*call)(const struct view *view, const struct call *call);
	struct outcome outcome;		/* where call is NULL: always the same one */
};

#define CALL(_id, _name, _arguments, _call) \
	{ .id = _id, .name = _name, .arguments = _arguments, .call = _call }
#define ALWAYS(_id, _name, ...) \
	{ .id = _id, .name = _name, .arguments = "", .outcome = { __VA_ARGS__ } }

/* For struct service: an answer that has a constant of its name */
#define NAME(_answer)	\
	[-(_answer)] = #_answer
#define MAX_ANSWERS	11

/* What a service may want to be told of the view's vCPU */
enum hook {
	VCPU_RESET,		/* it is about to start at an entry */
	VCPU_OFF,		/* it went off by itself */
	VCPU_KICKED,		/* between two of its instructions */
	NR_HOOKS
};

/* A service is all that the rest of the VMM knows of a specification */
struct service {
	const char *name;
	struct { uint32_t base, nr; } ranges[2];
	const struct function *functions;	/* up to one without a name */
	const char *answers[MAX_ANSWERS];	/* of 0, -1, -2 ...: negative ones refuse */
	/* Optional. None may count on another service's having been called */
	void (*hooks[NR_HOOKS])(const struct view *view);
	/*
	 * Optional, and without a pointer in it: 0 in a new machine, and as it is in a
	 * snapshot. is_possible says whether what comes from there can be this program's
	 */
	void *state;
	size_t state_size;
	bool (*is_possible)(void);
};

extern const struct service psci_service, sdei_service, trng_service, tee_service;

/*
 * events.c: raises an event as the platform's firmware would, on the view's vCPU if it
 * is a private one; NULL, or the reason why not
 */
const char *sdei_raise(const struct view *view, uint32_t event);

#endif

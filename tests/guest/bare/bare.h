/* SPDX-License-Identifier: GPL-2.0 */
/* What the guests without Linux share: console, calls, other CPUs, TAP. */
#ifndef BARE_H
#define BARE_H

#define STACK_SIZE	0x4000
#define SCTLR_EE	(1 << 25)
#define MAX_CPUS	8

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "../../../vmm/map.h"

typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#ifdef NATIVE
/* tests/native runs these guests in the process of the VMM, on any machine */
#define main		guest_main
#define random		guest_random
#define sysreg(name)	native_sysreg(#name)
#define set_sysreg(name, v) native_set_sysreg(#name, v)
#define relax()		native_relax()
#define sync_instructions()
#define synchronize()	__sync_synchronize()
u64 native_sysreg(const char *name);
void native_set_sysreg(const char *name, u64 value);
void native_relax(void);
u32 read32(u64 addr);
void write32(u64 addr, u32 value);
void load64(u64 addr);
void store8(u64 addr);
void load_pair(u64 addr);
#else
#define sysreg(name)	({ u64 _v; asm volatile("mrs %0, " #name : "=r" (_v)); _v; })
#define set_sysreg(name, v) asm volatile("msr " #name ", %0; isb" :: "r" ((u64)(v)) : "memory")
#define relax()		asm volatile("yield" ::: "memory")
#define sync_instructions() asm volatile("dsb sy; ic iallu; dsb sy; isb" ::: "memory")
#define synchronize()	asm volatile("dsb sy" ::: "memory")

static inline u32 read32(u64 addr)
{
	return *(volatile u32 *)addr;
}

static inline void write32(u64 addr, u32 value)
{
	*(volatile u32 *)addr = value;
}

static inline void load64(u64 addr)
{
	u64 value;

	asm volatile("ldr %0, [%1]" : "=r" (value) : "r" (addr));
}

static inline void store8(u64 addr)
{
	asm volatile("strb %w0, [%1]" :: "r" (0), "r" (addr));
}

/* KVM cannot decode it for the VMM */
static inline void load_pair(u64 addr)
{
	u64 a, b;

	asm volatile("ldp %0, %1, [%2]" : "=r" (a), "=r" (b) : "r" (addr));
}
#endif

/* Everything that a call can see and change */
struct regs {
	u64 x[18];
	u64 nzcv;
};

extern void smccc_hvc(struct regs *regs);
extern void smccc_smc(struct regs *regs);
extern s64 big_endian_hvc(u64 x0, u64 x1, u64 x2, u64 x3);
extern char secondary_entry[], event_entry[], resume_entry[];
extern char far_event[], far_leave[], far_end[];
void run_aarch32(void);
extern u64 seen_sctlr[MAX_CPUS];
/* Whether the CPU has a field of PSTATE; the handler's flags; at resume_entry ELR, SPSR, fields */
extern u64 has_dit, has_ssbs, has_pan, event_nzcv, resumed[7];

extern bool by_smc;	/* the conduit of call() */
s64 call(u64 id, u64 x1, u64 x2, u64 x3, u64 x4, u64 x5);
#define CALL(...)	CALL_(__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(id, a, b, c, d, e, ...) call(id, a, b, c, d, e)

u64 this_cpu(void);
void print(const char *format, ...);		/* %s, %d, %x (64 bits) */
void read_line(char *line, unsigned int size);
bool host(const char *wish);			/* true: the host said "ok" */
void check(bool ok, const char *format, ...);
void skip(const char *why);
void finish(unsigned int more);
bool in_time(u64 *start, const char *what);

/* A condition that another CPU makes true; not in 10 s is a failure, and the end */
#define wait_until(condition) \
	do { \
		u64 _start = sysreg(cntvct_el0); \
		while (!(condition) && in_time(&_start, #condition)) \
			; \
	} while (0)

void system_off(void);
void cpu_off(void);
bool cpu_is_off(u64 cpu);
s64 cpu_on(u64 cpu, void (*function)(void));	/* and wait until it runs */
void barrier(void);
u64 random(u64 *state);

/* Each guest has its own, or takes those of bare.c */
u64 on_event(u64 event, u64 argument, u64 pc, u64 pstate);
u64 on_exception(u64 esr, u64 elr);
int main(void);
#endif
#endif

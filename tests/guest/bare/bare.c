// SPDX-License-Identifier: GPL-2.0
/* What the guests without Linux share. */
#include <stdarg.h>

#include "bare.h"

#define UART_DR		0x00
#define UART_FR		0x18
#define FR_RXFE		(1 << 4)
#define FR_TXFF		(1 << 5)

u64 seen_sctlr[MAX_CPUS], has_dit, has_ssbs, has_pan, event_nzcv, resumed[7];
char stacks[(MAX_CPUS + 1) * STACK_SIZE] __attribute__((aligned(16)));
bool by_smc;

static int tests;

#ifndef NATIVE
/* The compiler may call them */
void *memset(void *to, int value, unsigned long size)
{
	for (volatile char *p = to; size--; p++)
		*p = value;
	return to;
}

void *memcpy(void *to, const void *from, unsigned long size)
{
	const char *f = from;

	for (volatile char *p = to; size--; p++, f++)
		*p = *f;
	return to;
}
#endif

static void put(char c)
{
	while (read32(SERIAL_BASE + UART_FR) & FR_TXFF)
		;
	write32(SERIAL_BASE + UART_DR, c);
}

static void put_number(u64 value, unsigned int base)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

static void vprint(const char *format, va_list args)
{
	const char *s;

	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			for (s = va_arg(args, const char *); *s; s++)
				put(*s);
			break;
		case 'd':
			put_number(va_arg(args, u64), 10);
			break;
		case 'x':
			put('0');
			put('x');
			put_number(va_arg(args, u64), 16);
			break;
		}
	}
}

/* Numbers are 64 bits wide: cast them */
void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(format, args);
	va_end(args);
}

void read_line(char *line, unsigned int size)
{
	unsigned int n = 0;
	char c;

	do {
		wait_until(!(read32(SERIAL_BASE + UART_FR) & FR_RXFE));
		c = read32(SERIAL_BASE + UART_DR);
		if (n < size - 1)
			line[n++] = c;
	} while (c != '\n');
	line[n - 1] = '\0';
}

bool host(const char *wish)
{
	char answer[128];

	print("host: %s\n", wish);
	read_line(answer, sizeof(answer));
	return answer[0] == 'o' && answer[1] == 'k';
}

void check(bool ok, const char *format, ...)
{
	va_list args;

	print("%sok %d - ", ok ? "" : "not ", (u64)(++tests));
	va_start(args, format);
	vprint(format, args);
	va_end(args);
	put('\n');
}

void skip(const char *why)
{
	print("ok %d # SKIP %s\n", (u64)(++tests), why);
}

/* The plan, with @more tests that come after a reset */
void finish(unsigned int more)
{
	print("1..%d\n", (u64)(tests + more));
}

s64 call(u64 id, u64 x1, u64 x2, u64 x3, u64 x4, u64 x5)
{
	struct regs regs = { .x = { id, x1, x2, x3, x4, x5 } };

	if (by_smc)
		smccc_smc(&regs);
	else
		smccc_hvc(&regs);
	return regs.x[0];
}

bool in_time(u64 *start, const char *what)
{
	if (sysreg(cntvct_el0) - *start < 10 * sysreg(cntfrq_el0))
		return true;
	check(false, "CPU %d waited 10 s for: %s", this_cpu(), what);
	system_off();
	return false;
}

u64 this_cpu(void)
{
	return sysreg(mpidr_el1) & 0xff;
}

void system_off(void)
{
	CALL(0x84000008);
}

void cpu_off(void)
{
	CALL(0x84000002);
}

bool cpu_is_off(u64 cpu)
{
	return CALL(0xc4000004, cpu) == 1;
}

/* Returns CPU_ON's answer */
s64 cpu_on(u64 cpu, void (*function)(void))
{
	return CALL(0xc4000003, cpu, (u64)secondary_entry, (u64)function);
}

/* Memory is not cached, with the MMU off: order is all that is needed */
void barrier(void)
{
	synchronize();
}

/* xorshift64* */
u64 random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

__attribute__((weak)) u64 on_event(u64 event, u64 argument, u64 pc, u64 pstate)
{
	(void)argument;
	(void)pstate;
	print("not ok - event %x at %x\n", event, pc);
	system_off();
	return 0;
}

__attribute__((weak)) u64 on_exception(u64 esr, u64 elr)
{
	print("not ok - exception %x at %x\n", esr, elr);
	system_off();
	return elr;
}

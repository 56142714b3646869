// SPDX-License-Identifier: GPL-2.0
/*
 * Does what it is told by one key after the other, for tests of what the VMM does
 * with its terminal, its standard input and output, and at its end.
 */
#include "bare.h"

#define LINES		1200		/* more than a pipe holds */

/* Without an end to its patience, as read_line() has */
static char get_key(void)
{
	while (read32(SERIAL_BASE + 0x18) & (1 << 4))
		relax();
	return read32(SERIAL_BASE);
}

static void flood(void)
{
	for (u64 i = 0; i < LINES; i++)
		print("line %x of many, as long as all of the others of them are.....\n",
		      0x100000000ull + i);
}

static void spin(void)
{
	for (;;)
		relax();
}

int main(void)
{
	char key;

	print("ready\n");
	do {
		key = get_key();
		print("got %x\n", (u64)key);
		switch (key) {
		case 'o':
			flood();
			break;
		case 'c':	/* the other conduit, from here on */
			by_smc = !by_smc;
			break;
		case 's':
			cpu_on(1, spin);
			break;
		case 'r':
			CALL(0x84000009);
			break;
		case 'f':	/* two that the scripted KVM cannot go on with */
			CALL(0x87fffff0);
			break;
		case 'i':
			CALL(0x87fffff1);
			break;
		}
	} while (key != 'q');
	return 0;
}

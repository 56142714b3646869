// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The terminal that standard input may be: every key goes to the guest, Ctrl-C too,
 * except Ctrl-A and one more. In the background it is left alone. At the end, however
 * the program ends, it is as it was.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "vmm.h"

#define ESCAPE		('A' & 0x1f)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct termios before;
static bool is_terminal;	/* never changes once the console has started */
static bool is_raw, has_ended;	/* under the lock, as is the setting of the terminal */

/* Not our terminal's foreground, if it has one: a shell will say when that changes */
static bool is_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 || group == getpgrp();
}

static void restore(void)
{
	pthread_mutex_lock(&lock);
	if (is_raw && is_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	has_ended = true;
	pthread_mutex_unlock(&lock);
}

/* Once, before the console's thread */
void terminal_start(void)
{
	if (tcgetattr(STDIN_FILENO, &before))
		return;
	is_terminal = true;
	atexit(restore);
	terminal_continue();
}

/* After SIGCONT: a shell may have given us its terminal, with its own settings */
void terminal_continue(void)
{
	struct termios raw;

	pthread_mutex_lock(&lock);
	if (is_terminal && !has_ended && is_foreground()) {
		/* The guest echoes, edits, and makes signals and flow control of characters */
		raw = before;
		raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
		raw.c_iflag &= ~(ICRNL | INLCR | IGNCR | IXON);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		is_raw = true;
	}
	pthread_mutex_unlock(&lock);
}

/* Whether standard input may be read now; serial_continue() follows if that changes */
bool terminal_may_read(void)
{
	return !is_terminal || is_foreground();
}

/*
 * Of @size characters that were typed, leaves in @data those for the guest, and
 * returns how many. From the console's thread alone.
 */
size_t terminal_keys(uint8_t *data, size_t size)
{
	static bool escaped;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (is_terminal && !escaped && data[i] == ESCAPE) {
			escaped = true;
			continue;
		}
		if (escaped && data[i] == 'x')
			exit(128 + SIGINT);
		if (escaped && data[i] == 'h')
			fputs("\r\nvmm: Ctrl-A x ends the VMM; Ctrl-A Ctrl-A is Ctrl-A for the guest; all other keys are the guest's\r\n",
			      stderr);
		else
			data[n++] = data[i];
		escaped = false;
	}
	return n;
}

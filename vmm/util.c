// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What every file may need. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

/* One line that says what and why, and the end */
void die(const char *format, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	fprintf(stderr, "vmm: %s\n", reason);
	exit(EXIT_BAD_INPUT);
}

/* Why something failed, and what to do where the user can */
const char *reason(int error)
{
	if (error == EMFILE)
		return "too many open files; raise the limit (ulimit -n), or ask for fewer vCPUs";
	if (error == EAGAIN)
		return "no more threads; raise the limit (ulimit -u, or pids.max of the cgroup)";
	return strerror(error);
}

/* To standard output; that the text cannot be written is a failure */
void print_or_die(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout))
		die("standard output: %s", strerror(errno));
}

/* Why a buffer is of no use any more; what is put or taken from then on does not matter */
void bad(struct buffer *buffer, const char *format, ...)
{
	va_list args;

	if (buffer->error[0])
		return;
	va_start(args, format);
	vsnprintf(buffer->error, sizeof(buffer->error), format, args);
	va_end(args);
}

void append(struct buffer *to, const void *from, size_t size)
{
	if (to->size + size > to->room) {
		to->room = 2 * (to->size + size);
		to->data = realloc(to->data, to->room);
		if (!to->data)
			die("no memory for a snapshot");
	}
	memcpy(to->data + to->size, from, size);
	to->size += size;
}

/* Zeroes if there is not that much */
void take(struct buffer *from, void *to, size_t size)
{
	memset(to, 0, size);
	if (size > from->size - from->at) {
		bad(from, "something is missing in it");
		return;
	}
	memcpy(to, from->data + from->at, size);
	from->at += size;
}

/* A thread of @name, which must start */
void start_thread(pthread_t *thread, void *(*run)(void *), void *arg, const char *name)
{
	int error = pthread_create(thread, NULL, run, arg);

	if (error)
		die("thread of %s: %s", name, reason(error));
}

/* A number without a sign, as C writes them, up to @max; @end is behind it */
bool parse_number(const char *text, uint64_t max, uint64_t *value, const char **end)
{
	char *behind;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &behind, 0);
	*end = behind;
	return !errno && *value <= max;
}

int device_attr(int fd, unsigned long request, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr access = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	return ioctl(fd, request, &access);
}

/* A request to the VM that must succeed; returns what it returns */
int vm_ioctl(struct machine *machine, unsigned long request, const char *name, void *arg)
{
	int ret = ioctl(machine->vm, request, arg);

	if (ret < 0)
		die("%s: %s", name, strerror(errno));
	return ret;
}

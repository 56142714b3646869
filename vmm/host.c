// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What the user should know of the host before a guest starts on it. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm.h"

#define MIDR_KIND	0xff0ffff0ul	/* implementer and part, not the revision */

/* 0 if the kernel does not tell */
static unsigned long kind_of(unsigned int cpu)
{
	char path[80], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/regs/identification/midr_el1",
		 cpu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strtoul(text, NULL, 16) & MIDR_KIND;
}

/*
 * KVM resets a vCPU, and gives it a PMU, only on the kind of CPU on which it did so at
 * first. Says how to keep the VMM on one kind, if it may run on more.
 */
void host_check(void)
{
	unsigned long kind = 0, other = 0;
	cpu_set_t allowed;
	char list[512];
	size_t n = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && n < sizeof(list) - 8; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (!n)
			kind = kind_of(cpu);
		if (kind_of(cpu) == kind)
			n += snprintf(list + n, sizeof(list) - n, "%s%u", n ? "," : "", cpu);
		else
			other = kind_of(cpu);
	}
	if (other)
		fprintf(stderr, "vmm: this host has more than one kind of CPU; keep the VMM on one: taskset -c %s\n",
			list);
}

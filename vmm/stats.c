// SPDX-License-Identifier: GPL-2.0
/* The kernel's own counts, from a vCPU's statistics fd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm.h"

/* Adds a count to @sum. Returns false if the kernel has none of that name */
bool vcpu_stat(struct vcpu *vcpu, const char *name, uint64_t *sum)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc *desc;
	bool found = false;
	uint64_t value;
	size_t size;
	int fd;

	fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	if (fd < 0)
		return false;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		die("statistics of vCPU %u: cannot be read", vcpu->view.index);
	size = sizeof(*desc) + header.name_size;
	desc = malloc(size);
	if (!desc)
		die("statistics of vCPU %u: no memory", vcpu->view.index);

	for (unsigned int i = 0; i < header.num_desc; i++) {
		if (pread(fd, desc, size, header.desc_offset + i * size) != (ssize_t)size)
			die("statistics of vCPU %u: cannot be read", vcpu->view.index);
		if (strcmp(desc->name, name) != 0)
			continue;
		if (pread(fd, &value, sizeof(value), header.data_offset + desc->offset) !=
		    sizeof(value))
			die("statistics of vCPU %u: cannot be read", vcpu->view.index);
		*sum += value;
		found = true;
	}
	free(desc);
	close(fd);
	return found;
}

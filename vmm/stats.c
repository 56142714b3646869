// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The kernel's own counts, from a vCPU's statistics fd. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm.h"

static void read_at(int fd, void *to, size_t size, off_t offset)
{
	if (pread(fd, to, size, offset) != (ssize_t)size)
		die("statistics of a vCPU: cannot be read");
}

bool vcpu_stat(struct vcpu *vcpu, const char *name, uint64_t *sum)
{
	struct { struct kvm_stats_desc desc; char name[256]; } entry;
	int fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_header header;
	bool found = false;
	uint64_t value;
	size_t size;

	if (fd < 0)
		return false;
	read_at(fd, &header, sizeof(header), 0);
	size = sizeof(entry.desc) + header.name_size;
	if (size > sizeof(entry))
		die("statistics of a vCPU: their names are too long");
	for (unsigned int i = 0; i < header.num_desc && !found; i++) {
		read_at(fd, &entry, size, header.desc_offset + i * size);
		found = !strcmp(entry.desc.name, name);
	}
	if (found) {
		read_at(fd, &value, sizeof(value), header.data_offset + entry.desc.offset);
		*sum += value;
	}
	close(fd);
	return found;
}

// SPDX-License-Identifier: GPL-2.0
/* The guest's RAM at the start: kernel, initial RAM disk, device tree. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

#define IMAGE_MAGIC	0x644d5241u	/* "ARM\x64" */
#define ALIGN_UP(x, a)	(((x) + (a) - 1) / (a) * (a))
#define FDT_SIZE	(2 * MIB)	/* the most that the kernel maps */

/* Documentation/arm64/booting.rst */
struct image_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint64_t reserved[3];
	uint32_t magic, pe_offset;
};

/* Reads a file into the guest's RAM at @offset and returns its size */
static uint64_t load_file(struct machine *machine, const char *path, uint64_t offset)
{
	uint64_t size = 0, limit = machine->options->memory;
	ssize_t n = 1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	while (offset + size < limit && n) {
		n = read(fd, (char *)machine->ram + offset + size, limit - offset - size);
		if (n < 0)
			die("%s: %s", path, strerror(errno));
		size += n;
	}
	if (offset + size >= limit)
		die("%s: does not fit into --memory %u", path, machine->options->memory_mib);
	close(fd);
	return size;
}

/* Returns the guest's address of the entry, and in @end where the kernel ends */
static uint64_t load_kernel(struct machine *machine, uint64_t *end)
{
	const char *path = machine->options->kernel;
	struct image_header header;
	uint64_t size, offset;

	size = load_file(machine, path, 0);
	memcpy(&header, machine->ram, sizeof(header));
	if (size < sizeof(header) || le32toh(header.magic) != IMAGE_MAGIC)
		die("%s: not an arm64 Image", path);

	/* text_offset is from an address that is 2 MiB aligned, and RAM starts at one */
	offset = le64toh(header.text_offset);
	if (offset >= machine->options->memory - size ||
	    le64toh(header.image_size) >= machine->options->memory - offset)
		die("%s: does not fit into --memory %u", path, machine->options->memory_mib);
	memmove((char *)machine->ram + offset, machine->ram, size);
	*end = offset + (le64toh(header.image_size) > size ? le64toh(header.image_size) : size);
	return RAM_BASE + offset;
}

/* Returns the address to start at; the guest's x0 there is @fdt */
uint64_t load_images(struct machine *machine, uint64_t *fdt)
{
	const struct options *options = machine->options;
	uint64_t entry, offset, initrd_size = 0, initrd = 0;

	entry = load_kernel(machine, &offset);
	offset = ALIGN_UP(offset, 2 * MIB);
	if (options->initrd) {
		initrd = RAM_BASE + offset;
		initrd_size = load_file(machine, options->initrd, offset);
		offset = ALIGN_UP(offset + initrd_size, 2 * MIB);
	}
	if (offset + FDT_SIZE > options->memory)
		die("--memory %u: no room for the device tree", options->memory_mib);
	make_fdt(machine, (char *)machine->ram + offset, FDT_SIZE, initrd, initrd_size);
	*fdt = RAM_BASE + offset;
	return entry;
}

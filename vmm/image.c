// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The guest's RAM at the start: kernel, initial RAM disk, device tree. Files are read
 * once, so that a reset boots the same bytes.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "vmm.h"

#define IMAGE_MAGIC	0x644d5241u	/* "ARM\x64" */
#define ALIGN_UP(x, a)	(((x) + (a) - 1) / (a) * (a))
#define FDT_SIZE	(2 * MIB)	/* the most that the kernel maps */
#define OLD_TEXT_OFFSET	0x80000		/* of kernels before 3.17, whose image_size is 0 */
#define OLD_ROOM	(32 * MIB)	/* for what such a kernel does not tell: its bss */

/* Documentation/arm64/booting.rst */
struct image_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint64_t reserved[3];
	uint32_t magic, pe_offset;
};

/* drivers/firmware/efi/libstub/zboot-header.S: an EFI program that unpacks a kernel */
struct zboot_header {
	char mz[4], zimg[4];
	uint32_t payload_offset, payload_size;
	uint32_t reserved[2];
	char compression[32];
};

struct blob {
	uint8_t *data;
	size_t size;
};

static struct blob kernel, initrd;

/* All that a file has, which may be a pipe; unpacked if it is gzip'd and may be @gzip */
static void read_all(struct machine *machine, const char *path, int fd, bool gzip,
		     struct blob *blob)
{
	__auto_type file = gzdopen(fd, "rb");
	size_t room = 0;
	ssize_t n = 1;

	if (fd < 0 || !file)
		die("%s: %s", path, strerror(errno));
	for (blob->size = 0; n; blob->size += n) {
		if (blob->size >= machine->options->memory)
			die("%s: does not fit into --memory %u", path,
			    machine->options->memory_mib);
		if (blob->size == room)
			blob->data = realloc(blob->data, room += 16 * MIB);
		if (!blob->data)
			die("%s: %s", path, strerror(errno));
		n = gzip ? gzread(file, blob->data + blob->size, room - blob->size) :
			   read(fd, blob->data + blob->size, room - blob->size);
		if (n < 0)
			die("%s: %s", path, gzip ? "cannot be unpacked" : strerror(errno));
	}
	if (gzclose(file) == Z_BUF_ERROR)
		die("%s: cannot be unpacked: it is cut off", path);
	blob->data = realloc(blob->data, blob->size + sizeof(struct image_header));
}

/* A kernel that zstd packed, which zlib does not know; how large it is may not be told */
static void unpack_zstd(struct machine *machine)
{
	const char *path = machine->options->kernel;
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer from = { .src = kernel.data, .size = kernel.size };
	ZSTD_outBuffer to = { };
	size_t left = 1;

	while (left) {
		if (to.pos >= machine->options->memory)
			die("%s: does not fit into --memory %u", path,
			    machine->options->memory_mib);
		if (to.pos == to.size)
			to.dst = realloc(to.dst, to.size += 16 * MIB);
		if (!stream || !to.dst)
			die("%s: %s", path, strerror(ENOMEM));
		left = ZSTD_decompressStream(stream, &to, &from);
		if (ZSTD_isError(left) || (left && from.pos == from.size && to.pos < to.size))
			die("%s: cannot be unpacked: %s", path,
			    ZSTD_isError(left) ? ZSTD_getErrorName(left) : "it is cut off");
	}
	ZSTD_freeDStream(stream);
	free(kernel.data);
	kernel = (struct blob){ .data = to.dst, .size = to.pos };
}

/* An EFI program that unpacks a kernel: what is in it. Other formats are refused */
static void unpack_kernel(struct machine *machine)
{
	static const struct { const char *magic, *name, *remedy; } others[] = {
		{ "\3757zXZ", "xz", "unxz" }, { "BZh", "bzip2", "bunzip2" },
		{ "\x02\x21\x4c\x18", "lz4", "unlz4" }, { "\x04\x22\x4d\x18", "lz4", "unlz4" },
		{ "\177ELF", "ELF", "objcopy -O binary" },
	};
	const struct zboot_header *zboot = (const void *)kernel.data;
	const char *path = machine->options->kernel, *where = "";
	size_t offset, size;
	int fd;

	if (kernel.size > sizeof(*zboot) && !memcmp(zboot->zimg, "zimg", 4)) {
		offset = le32toh(zboot->payload_offset);
		size = le32toh(zboot->payload_size);
		fd = memfd_create("kernel", MFD_CLOEXEC);
		if (offset > kernel.size || size > kernel.size - offset ||
		    write(fd, kernel.data + offset, size) != (ssize_t)size)
			die("%s: an EFI zboot image that is cut off", path);
		lseek(fd, 0, SEEK_SET);
		read_all(machine, path, fd, true, &kernel);
		where = " in an EFI zboot image";
	}
	if (kernel.size > 4 && !memcmp(kernel.data, "\x28\xb5\x2f\xfd", 4))
		unpack_zstd(machine);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp((char *)kernel.data, others[i].magic, strlen(others[i].magic)))
			die("%s: its format is %s%s; make an Image of it (%s)", path,
			    others[i].name, where, others[i].remedy);
}

/* Returns the guest's address of the entry, and in @end where the kernel ends */
static uint64_t load_kernel(struct machine *machine, uint64_t *end)
{
	uint64_t memory = machine->options->memory, offset, size;
	struct image_header header;

	memcpy(&header, kernel.data, sizeof(header));
	if (kernel.size < sizeof(header) || le32toh(header.magic) != IMAGE_MAGIC)
		die("%s: not an arm64 Image", machine->options->kernel);

	/* text_offset is from an address that is 2 MiB aligned, and RAM starts at one */
	offset = header.image_size ? le64toh(header.text_offset) : OLD_TEXT_OFFSET;
	size = header.image_size ? le64toh(header.image_size) : kernel.size + OLD_ROOM;
	if (size < kernel.size)
		size = kernel.size;
	if (offset >= memory || size >= memory - offset)
		die("%s: does not fit into --memory %u", machine->options->kernel,
		    machine->options->memory_mib);
	memcpy((char *)machine->ram + offset, kernel.data, kernel.size);
	*end = offset + size;
	return RAM_BASE + offset;
}

uint64_t load_images(struct machine *machine, uint64_t *fdt)
{
	const struct options *options = machine->options;
	const int flags = O_RDONLY | O_CLOEXEC;
	uint64_t entry, offset, start;

	if (!kernel.data) {
		read_all(machine, options->kernel, open(options->kernel, flags), true, &kernel);
		unpack_kernel(machine);
	}
	if (options->initrd && !initrd.data)
		read_all(machine, options->initrd, open(options->initrd, flags), false, &initrd);
	entry = load_kernel(machine, &offset);
	start = ALIGN_UP(offset, 2 * MIB);
	offset = ALIGN_UP(start + initrd.size, 2 * MIB);
	if (offset + FDT_SIZE > options->memory)
		die("%s: does not fit into --memory %u beside the kernel and the device tree",
		    options->initrd ? options->initrd : options->kernel, options->memory_mib);
	if (initrd.size)
		memcpy((char *)machine->ram + start, initrd.data, initrd.size);
	make_fdt(machine, (char *)machine->ram + offset, FDT_SIZE, RAM_BASE + start, initrd.size);
	*fdt = RAM_BASE + offset;
	return entry;
}

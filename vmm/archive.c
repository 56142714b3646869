// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The file of a guest that moves: a header, the state, the parts of the memory that are
 * not zero, a checksum. All numbers are little-endian. It appears under its name only when
 * it is whole and on the disk, and goes when the guest runs again.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "vmm.h"

#define MAGIC		"VMMGUEST"
#define VERSION		1
#define MAX_STATE	(16 * MIB)
#define PAGE		4096ul
#define LARGEST		(4 * MIB)	/* of a part */

struct header {
	char magic[8];
	uint64_t version;
	uint64_t state, memory;		/* bytes */
};

/* In ascending order; the last one is empty */
struct part {
	uint64_t offset, size;
};

/* What is written or read; the checksum of all of it so far is the last thing in the file */
static FILE *file;
static uint32_t sum;
static const char *name;
/* Where the memory begins, and the checksum there */
static long start;
static uint32_t start_sum;

static char temporary[PATH_MAX];

static void remove_temporary(void)
{
	if (temporary[0])
		unlink(temporary);
	temporary[0] = '\0';
}

/* False with errno */
static bool write_all(const void *data, size_t size)
{
	sum = crc32_z(sum, data, size);
	return fwrite(data, 1, size, file) == size;
}

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

/* The next part from @offset on; empty at the end of the memory */
static struct part next_part(const uint8_t *ram, size_t memory, uint64_t offset)
{
	struct part part = { .offset = offset };

	while (part.offset < memory && is_zero(ram + part.offset))
		part.offset += PAGE;
	while (part.offset + part.size < memory && part.size < LARGEST &&
	       !is_zero(ram + part.offset + part.size))
		part.size += PAGE;
	return part;
}

/* Returns NULL, or why not; @report hears of each tenth */
static const char *write_file(const struct buffer *state, const uint8_t *ram, size_t memory,
			      report_fn *report, void *arg)
{
	const struct header header = { MAGIC, VERSION, state->size, memory };
	unsigned int tenths, told = 0;
	struct part part = { };

	sum = 0;
	if (!write_all(&header, sizeof(header)) || !write_all(state->data, state->size))
		return strerror(errno);
	do {
		part = next_part(ram, memory, part.offset + part.size);
		if (!write_all(&part, sizeof(part)) || !write_all(ram + part.offset, part.size))
			return strerror(errno);
		tenths = part.offset * 10 / memory;
		if (tenths > told && !report(arg, tenths * 10))
			return "the client that asked for it has gone";
		told = tenths;
	} while (part.size);
	if (!write_all(&(uint32_t){ sum }, sizeof(sum)) || fflush(file) || fsync(fileno(file)))
		return strerror(errno);
	return NULL;
}

/* From here on the guest is in the file, and in the file alone, or not at all */
static const char *give_name(const char *path, int directory)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE))
		return strerror(errno);
	temporary[0] = '\0';
	if (fsync(directory) && !unlink(path))
		return strerror(errno);
	return NULL;
}

const char *archive_write(const char *path, const struct buffer *state, const void *ram,
			  size_t memory, report_fn *report, void *arg)
{
	char unique[PATH_MAX];
	const char *error;
	int directory, fd;

	if (!faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return strerror(EEXIST);
	if (snprintf(unique, sizeof(unique), "%s.XXXXXX", path) >= (int)sizeof(unique))
		return strerror(ENAMETOOLONG);
	fd = mkostemp(unique, O_CLOEXEC);	/* mode 0600 */
	if (fd < 0)
		return strerror(errno);
	memcpy(temporary, unique, sizeof(unique));
	atexit(remove_temporary);
	directory = open(dirname(unique), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file = fdopen(fd, "w");
	error = directory < 0 || !file ? strerror(errno) :
		write_file(state, ram, memory, report, arg);
	if (file ? fclose(file) : close(fd))
		error = error ? error : strerror(errno);
	if (!error)
		error = give_name(path, directory);
	close(directory);
	remove_temporary();
	return error;
}

/* Its end is no reason to go on */
static void read_all(void *data, size_t size)
{
	if (fread(data, 1, size, file) != size)
		die("%s: %s", name, ferror(file) ? strerror(errno) : "it is cut off");
	sum = crc32_z(sum, data, size);
}

/* To @ram, or nowhere if that is NULL, with all that follows */
static void read_memory(uint8_t *ram, size_t memory)
{
	static uint8_t nowhere[LARGEST];
	uint32_t own, last;
	struct part part;
	uint64_t end = 0;

	do {
		read_all(&part, sizeof(part));
		if (part.offset < end || part.offset > memory || part.size > LARGEST ||
		    part.size > memory - part.offset || (part.offset | part.size) % PAGE)
			die("%s: it is damaged: there is no such memory", name);
		end = part.offset + part.size;
		read_all(ram ? ram + part.offset : nowhere, part.size);
	} while (part.size);
	own = sum;
	read_all(&last, sizeof(last));
	if (own != last)
		die("%s: it is damaged: its checksum is wrong", name);
	if (fgetc(file) != EOF)
		die("%s: it is damaged: there is more behind its end", name);
}

size_t archive_open(const char *path, struct buffer *state)
{
	struct header header;

	name = path;
	file = fopen(path, "re");
	if (!file)
		die("%s: %s", path, strerror(errno));
	read_all(&header, sizeof(header));
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0)
		die("%s: not a guest's snapshot", path);
	if (header.version != VERSION)
		die("%s: its version is %lu, and this program has %d", path, header.version,
		    VERSION);
	if (header.state > MAX_STATE || header.memory > 65536 * MIB || !header.memory)
		die("%s: it is damaged: its sizes are not possible", path);
	*state = (struct buffer){ .data = malloc(header.state + 1), .size = header.state };
	if (!state->data)
		die("%s: %s", path, strerror(errno));
	read_all(state->data, state->size);
	start = ftell(file);
	start_sum = sum;
	read_memory(NULL, header.memory);
	return header.memory;
}

/* What was looked at may have changed since: the checksum is that of both */
void archive_load(void *ram, size_t memory)
{
	fseek(file, start, SEEK_SET);
	sum = start_sum;
	read_memory(ram, memory);
}

/* Of two VMMs that have come so far with one file, one alone removes it */
void archive_remove(void)
{
	if (unlink(name))
		die("%s: cannot be removed, so that its guest could run twice: %s", name,
		    strerror(errno));
	fclose(file);
}

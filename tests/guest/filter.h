/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the programs of tests/ that run in the machine: VMs and their filters,
 * without a library between them and the kernel.
 */
#ifndef TESTS_FILTER_H
#define TESTS_FILTER_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

/* What the program cannot go on without */
#define MUST(call)							\
({									\
	__typeof__(call) _ret = (call);					\
	if (_ret < 0) {							\
		printf("Bail out! %s:%d: %s: %s\n", __FILE__, __LINE__,	\
		       #call, strerror(errno));				\
		exit(1);						\
	}								\
	_ret;								\
})

static int nr_results, nr_failed;

/* A line of TAP; its text says what was seen as well */
#define CHECK(condition, ...)						\
do {									\
	int _ok = !!(condition);					\
	nr_failed += !_ok;						\
	printf("%sok %d - ", _ok ? "" : "not ", ++nr_results);		\
	printf(__VA_ARGS__);						\
	printf("\n");							\
	fflush(stdout);							\
} while (0)

static inline int finish(void)
{
	printf("1..%d\n", nr_results);
	return nr_failed > 0;
}

/* To a file of the kernel's, which has to be there */
static inline void write_text(const char *file, const char *text)
{
	int fd = MUST(open(file, O_WRONLY));

	MUST(write(fd, text, strlen(text)));
	close(fd);
}

static inline int kvm_open(void)
{
	return MUST(open("/dev/kvm", O_RDWR | O_CLOEXEC));
}

/* command is KVM_{SET,GET,HAS}_DEVICE_ATTR; returns 0 or errno */
static inline int filter_ioctl(int vm, unsigned long command, struct kvm_smccc_filter *filter)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_SMCCC_CTRL,
		.attr = KVM_ARM_VM_SMCCC_FILTER,
		.addr = (uintptr_t)filter,
	};

	return ioctl(vm, command, &attr) ? errno : 0;
}

static inline int filter_set(int vm, uint32_t base, uint32_t nr, uint8_t action)
{
	struct kvm_smccc_filter filter = { .base = base, .nr_functions = nr, .action = action };

	return filter_ioctl(vm, KVM_SET_DEVICE_ATTR, &filter);
}

/* All ranges that are set, as one number that is another if any of them is */
static inline uint64_t filter_digest(int vm)
{
	struct kvm_smccc_filter filter = { };
	uint64_t digest = 14695981039346656037ull;
	int error;

	while (!(error = filter_ioctl(vm, KVM_GET_DEVICE_ATTR, &filter))) {
		digest = (digest ^ filter.base) * 1099511628211ull;
		digest = (digest ^ filter.nr_functions) * 1099511628211ull;
		digest = (digest ^ filter.action) * 1099511628211ull;
		filter.base += filter.nr_functions;
		if (!filter.base)
			return digest;
	}
	MUST(error == ENOENT ? 0 : -1);

	return digest;
}

#endif

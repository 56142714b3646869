// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation and each copy from or to user space in SET, GET and HAS, and
 * in reading the listing in debugfs, fails in turn, until the last fault is left
 * over: the right error, and the filter as it was. fail-nth is described in
 * Documentation/fault-injection.
 */
#include "filter.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define VENDOR(n)	(0xc6000000u + 0x10 * (n))

/* All of the file in debugfs that lists the filter; 0 or errno */
static int read_listing(int vm)
{
	char name[80], text[256];
	int fd, ret;

	snprintf(name, sizeof(name), "/sys/kernel/debug/kvm/%d-%d/smccc_filter", getpid(), vm);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return errno;
	do {
		ret = read(fd, text, sizeof(text));
	} while (ret > 0);
	ret = ret ? errno : 0;
	close(fd);
	return ret;
}

#define LISTING		0ul

/*
 * The ioctl, or the reading of the listing, with the nth fault from here;
 * *left: there was none any more. The read that asks for it may itself be what
 * fails.
 */
static int with_fault(int nth, int vm, unsigned long command,
		      struct kvm_smccc_filter *filter, bool *left)
{
	char text[16];
	int fd, ret;

	fd = MUST(open(FAIL_NTH, O_RDWR));
	MUST(dprintf(fd, "%d", nth));
	ret = command == LISTING ? read_listing(vm) : filter_ioctl(vm, command, filter);
	*left = pread(fd, text, 1, 0) != 1 || text[0] != '0';
	MUST(pwrite(fd, "0", 1, 0));
	close(fd);

	return ret;
}

struct counts {
	int memory, copies, harmless;
};

/*
 * All faults of one of them; copies: how many copies it has, or 0 for some. A
 * SET that succeeds in spite of a fault, which then hit a debugging aid of the
 * kernel, is done again with the next range.
 */
static void every_fault(const char *name, int vm, unsigned long command,
			struct kvm_smccc_filter filter, int copies, bool allocates)
{
	struct counts n = { };
	bool left = false, unchanged = true, right = true;
	uint64_t before;
	int nth, ret;

	for (nth = 1; !left; nth++) {
		struct kvm_smccc_filter arg = filter;

		before = filter_digest(vm);
		ret = with_fault(nth, vm, command, &arg, &left);

		switch (ret) {
		case 0:
			n.harmless += !left;
			if (command == KVM_SET_DEVICE_ATTR)
				filter.base += 0x10;
			else
				unchanged &= filter_digest(vm) == before;
			continue;
		case ENOMEM:
			n.memory++;
			break;
		case EFAULT:
			n.copies++;
			break;
		default:
			printf("# %s: fault %d: %s\n", name, nth, strerror(ret));
			right = false;
		}
		unchanged &= filter_digest(vm) == before;
		right &= !left;
	}

	CHECK(right && (copies ? n.copies == copies : n.copies > 0) && !!n.memory == allocates,
	      "%s: %d failed allocations, %d failed copies, %d faults without harm",
	      name, n.memory, n.copies, n.harmless);
	CHECK(unchanged, "%s: the filter was as before after each", name);
}

int main(void)
{
	struct kvm_smccc_filter filter = {
		.base = VENDOR(1000), .nr_functions = 4, .action = KVM_SMCCC_FILTER_DENY,
	};
	int i, vm, kvm = kvm_open();

	write_text("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");

	/* A first SET that is refused leaves nothing: the next allocates as in any empty filter */
	vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	CHECK(filter_set(vm, 0x80000000, 1, KVM_SMCCC_FILTER_DENY) == EEXIST,
	      "SET of a reserved range is refused");
	every_fault("SET into an empty filter", vm, KVM_SET_DEVICE_ATTR, filter, 2, true);
	every_fault("GET of a range", vm, KVM_GET_DEVICE_ATTR, filter, 3, false);
	filter.base = 0;
	every_fault("GET of the next range", vm, KVM_GET_DEVICE_ATTR, filter, 3, false);
	every_fault("HAS", vm, KVM_HAS_DEVICE_ATTR, filter, 1, false);
	close(vm);

	/* So many that the next does not fit into a node, as it can in later kernels */
	vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	for (i = 0; i < 901; i++)
		MUST(-filter_set(vm, VENDOR(i), 1, KVM_SMCCC_FILTER_FWD_TO_USER));
	filter.base = VENDOR(2000);
	every_fault("SET behind 901 ranges", vm, KVM_SET_DEVICE_ATTR, filter, 2, true);
	for (i = 0; i < 59; i++)
		MUST(-filter_set(vm, VENDOR(i) + 2, 1, KVM_SMCCC_FILTER_DENY));
	filter.base = VENDOR(450) + 4;
	filter.nr_functions = 2;
	every_fault("SET among 960 ranges", vm, KVM_SET_DEVICE_ATTR, filter, 2, true);
	every_fault("the listing in debugfs", vm, LISTING, filter, 0, true);
	close(vm);

	return finish();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Linux 6.12's selftest library sets memory regions with an ioctl that 6.1 does
 * not have, and refuses to run without. Linked with -Wl,--wrap=ioctl, this
 * makes them with the older ioctl; everything else passes as it is.
 */
#include <stdarg.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	if (request == KVM_CHECK_EXTENSION && arg == (void *)KVM_CAP_USER_MEMORY2)
		return 1;

	/* The new structure begins with the old one */
	if (request == KVM_SET_USER_MEMORY_REGION2)
		request = KVM_SET_USER_MEMORY_REGION;

	return __real_ioctl(fd, request, arg);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * held-vm: a VM that stays until the machine ends. With the first VM and the last
 * KVM patches a branch of the scheduler (preempt_notifier_key), and QEMU before 8.1
 * can miss that on a CPU which translates the scheduler at that moment: there vCPUs
 * lose registers, since nobody saves them when another thread has its turn. Tests
 * that make a VM after the other run into it, unless there is one already.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR);

	if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0)
		err(1, "cannot make a VM that stays");
	/* The VM is there when the parent ends */
	if (daemon(1, 1))
		err(1, "cannot stay");
	pause();
}

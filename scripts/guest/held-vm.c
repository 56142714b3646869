// SPDX-License-Identifier: GPL-2.0
/*
 * held-vm: a VM that stays until the machine ends. With the first VM and the last
 * KVM patches a branch of the scheduler (preempt_notifier_key), and QEMU before 8.1
 * can miss that on a CPU which translates the scheduler at that moment: there vCPUs
 * lose registers, since nobody saves them when another thread has its turn. So there
 * is one VM all the time, and while it is made, each other CPU is in a loop here.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	atomic_int nr;
	atomic_bool end;
} *waiting;

static void run_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "CPU %d", cpu);
}

/* Nothing but the kernel's own stopper comes before it, so the CPU switches to nobody */
static _Noreturn void wait_on(int cpu)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	run_on(cpu);
	if (sched_setscheduler(0, SCHED_FIFO, &lowest))
		err(1, "SCHED_FIFO");
	waiting->nr++;
	while (!waiting->end)
		;
	_exit(0);
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR), others = sysconf(_SC_NPROCESSORS_ONLN) - 1;

	waiting = mmap(NULL, sizeof(*waiting), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (waiting == MAP_FAILED)
		err(1, "mmap");
	run_on(0);
	for (int cpu = 1; cpu <= others; cpu++)
		if (!fork())
			wait_on(cpu);
	while (waiting->nr < others)
		if (waitpid(-1, NULL, WNOHANG) > 0)
			errx(1, "cannot keep the other CPUs busy");
	if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0)
		err(1, "cannot make a VM that stays");
	waiting->end = true;
	/* The VM is there when the parent ends */
	if (daemon(1, 1))
		err(1, "cannot stay");
	pause();
}

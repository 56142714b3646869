// SPDX-License-Identifier: GPL-2.0
/*
 * A reference VMM for the SMCCC filter: boots a Linux guest whose firmware
 * (PSCI, SDEI, TRNG, a TEE's queries) is this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

static void open_kvm(struct machine *machine)
{
	int size;

	machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (machine->kvm < 0)
		die("/dev/kvm: %s; boot a kernel with KVM at EL2, and have access to that file",
		    strerror(errno));
	size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		die("KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	machine->run_size = size;
}

/* Ctrl-C and its like: a thread, so that what is to be undone at the end is */
static void *wait_for_signal(void *arg)
{
	int signal;

	sigwait(arg, &signal);
	exit(128 + signal);
}

static void catch_signals(void)
{
	static sigset_t set;
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);	/* a reader that left is an error of write() */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	errno = pthread_create(&thread, NULL, wait_for_signal, &set);
	if (errno)
		die("thread for signals: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct machine machine = {
		.options = &options,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.stop = STOP_RESET,
	};
	enum stop stop;

	if (argc > 1 && !strcmp(argv[1], "control"))
		return control_client(argc - 2, argv + 2);

	parse_options(&options, argc, argv);
	catch_signals();
	open_kvm(&machine);
	for (unsigned int i = 0; i < options.cpus; i++)
		machine.cpus[i].plugged = true;
	control_start(&machine);

	/* A reset is a new VM: nothing of the old one can leak into it */
	do {
		machine_start(&machine);
		stop = machine_wait(&machine);
	} while (stop == STOP_RESET);

	services_table(&machine);
	return 0;
}

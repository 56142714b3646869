// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A reference VMM for the SMCCC filter: boots a Linux guest whose firmware
 * (PSCI, SDEI, TRNG, a TEE's queries) is this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

/*
 * A descriptor of 0 to 2 that came in closed must not become the next file that is
 * opened. What stands in for it fails as a closed one does.
 */
static void keep_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			die("/dev/null: %s", strerror(errno));
}

/* A thread, so that what is to be undone at the end is */
static void *wait_for_signals(void *arg)
{
	int signal;

	for (;;) {
		sigwait(arg, &signal);
		if (signal != SIGCONT)
			exit(128 + signal);
		serial_continue();
	}
}

/*
 * The mask is set as a whole: a parent may have blocked any signal, the one that kicks
 * vCPUs included. Those that end the program, but that came in ignored, stay
 * so, as nohup wants it. SIGTTIN and SIGTTOU are blocked, so that a background
 * program is not stopped: read() then fails, and write() works.
 */
static void set_up_signals(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	static sigset_t waited_for;
	struct sigaction action;
	pthread_t thread;
	sigset_t mask;

	sigemptyset(&waited_for);
	sigaddset(&waited_for, SIGCONT);
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++)
		if (!sigaction(ends[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&waited_for, ends[i]);
	mask = waited_for;
	sigaddset(&mask, SIGTTIN);
	sigaddset(&mask, SIGTTOU);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	start_thread(&thread, wait_for_signals, &waited_for, "signals");
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct machine machine = {
		.options = &options,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.rested = PTHREAD_COND_INITIALIZER,
		.stop = STOP_RESET,
	};
	enum stop stop;

	keep_standard_fds();
	signal(SIGPIPE, SIG_IGN);	/* a reader that left is an error of write() */
	signal(SIGXFSZ, SIG_IGN);	/* so is a file that may not grow any more */
	if (argc > 1 && !strcmp(argv[1], "control"))
		return control_client(argc - 2, argv + 2);

	parse_options(&options, argc, argv);
	if (options.restore)
		snapshot_open(&options);
	set_up_signals();
	host_check();
	machine.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (machine.kvm < 0)
		die("/dev/kvm: %s; boot a kernel with KVM at EL2, and have access to that file",
		    strerror(errno));
	machine.run_size = ioctl(machine.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (machine.run_size < 0)
		die("KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	for (unsigned int i = 0; i < options.cpus; i++)
		machine.cpus[i].plugged = true;
	control_start(&machine);

	/* A reset is a new VM: nothing of the old one can leak into it */
	do {
		machine_create(&machine);
		if (options.restore && !machine.again)
			snapshot_load(&machine);
		else
			machine_boot(&machine);
		machine_start(&machine);
		stop = machine_wait(&machine);
	} while (stop == STOP_RESET && !options.no_reboot);

	services_table(&machine);
	return stop == STOP_RESET ? EXIT_RESET : stop == STOP_CRASH ? EXIT_CRASH : 0;
}

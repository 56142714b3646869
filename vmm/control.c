// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket, and "vmm control", which talks to it: one line in, one
 * line out, which starts with "ok" or "error".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmm.h"

#define LINE	2048

/* Each command gets a machine whose lock is held and which runs; NULL is success */
struct command {
	const char *name;
	const char *(*run)(struct machine *machine, const char *argument, char *info);
};

static struct cpu *parse_cpu(struct machine *machine, const char *text)
{
	const char *end;
	uint64_t index;

	if (!parse_number(text, machine->nr_vcpus - 1, &index, &end) || *end)
		return NULL;
	return &machine->cpus[index];
}

static const char *plug(struct machine *machine, const char *argument, char *info)
{
	struct cpu *cpu = parse_cpu(machine, argument);

	if (!cpu)
		return "no such vCPU";
	if (cpu->plugged)
		return "it is plugged already";
	cpu->plugged = true;
	return NULL;
}

static const char *unplug(struct machine *machine, const char *argument, char *info)
{
	struct cpu *cpu = parse_cpu(machine, argument);

	if (!cpu)
		return "no such vCPU";
	if (!cpu->plugged)
		return "it is not plugged";
	if (cpu == &machine->cpus[0])
		return "the machine starts with it";
	if (cpu->power != POWER_OFF)
		return "it is on; let the guest turn it off first";
	cpu->plugged = false;
	return NULL;
}

/* EVENT, or for a private event EVENT and the vCPU */
static const char *raise_event(struct machine *machine, const char *argument, char *info)
{
	struct cpu *cpu = &machine->cpus[0];
	const char *end;
	uint64_t event;

	if (!parse_number(argument, UINT32_MAX, &event, &end))
		return "no such event";
	if (*end == ' ')
		cpu = parse_cpu(machine, end + 1);
	else if (*end)
		cpu = NULL;
	if (!cpu)
		return "no such vCPU";
	return sdei_raise(&machine->vcpus[cpu - machine->cpus].view, event);
}

static const char *status(struct machine *machine, const char *argument, char *info)
{
	static const char *const names[] = {
		[POWER_ON] = "on", [POWER_OFF] = "off", [POWER_ON_PENDING] = "pending",
	};
	size_t n = 0;

	for (unsigned int i = 0; i < machine->nr_vcpus && n < LINE - 32; i++)
		n += snprintf(info + n, LINE - n, " %u:%s%s", i, names[machine->cpus[i].power],
			      machine->cpus[i].plugged ? "" : ",unplugged");
	return NULL;
}

static const struct command commands[] = {
	{ "plug", plug },
	{ "unplug", unplug },
	{ "raise", raise_event },
	{ "status", status },
};

static const char *run_command(struct machine *machine, char *line, char *info)
{
	char *argument = strchrnul(line, ' ');
	const char *error = "unknown command";

	if (*argument)
		*argument++ = '\0';
	pthread_mutex_lock(&machine->lock);
	if (machine->stop != STOP_NONE) {
		error = "the machine is about to start or to end";
	} else if (!machine->services) {
		error = "the firmware is in KVM, not here";
	} else {
		for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
			if (!strcmp(line, commands[i].name))
				error = commands[i].run(machine, argument, info);
	}
	pthread_mutex_unlock(&machine->lock);
	return error;
}

static void serve(struct machine *machine, FILE *client)
{
	struct timeval patience = { .tv_sec = 5 };
	char line[LINE], info[LINE] = "";
	const char *error;

	/* One that says nothing is not to keep the others waiting */
	setsockopt(fileno(client), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!fgets(line, sizeof(line), client))
		return;
	line[strcspn(line, "\n")] = '\0';
	error = run_command(machine, line, info);
	if (error)
		fprintf(client, "error: %s\n", error);
	else
		fprintf(client, "ok%s\n", info);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		die("%s: longer than the %zu characters of a socket's name", path,
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static int listener = -1;

static void *control_main(void *arg)
{
	FILE *client;
	int fd;

	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		client = fd < 0 ? NULL : fdopen(fd, "r+");
		if (!client)
			die("control socket: %s", strerror(errno));
		serve(arg, client);
		fclose(client);
	}
	return NULL;
}

static void remove_socket(void)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);

	if (!getsockname(listener, (struct sockaddr *)&address, &size))
		unlink(address.sun_path);
}

/* The thread that serves --control, one client after the other */
void control_start(struct machine *machine)
{
	const char *path = machine->options->control;
	struct sockaddr_un address;
	pthread_t thread;

	if (!path)
		return;
	address = address_of(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8))
		die("--control %s: %s", path, strerror(errno));
	atexit(remove_socket);
	errno = pthread_create(&thread, NULL, control_main, machine);
	if (errno)
		die("thread of the control socket: %s", strerror(errno));
}

/* vmm control SOCKET COMMAND...: prints the answer; 0 if it is "ok" */
int control_client(int argc, char **argv)
{
	struct sockaddr_un address;
	char line[LINE] = "";
	FILE *server;
	int fd;

	if (argc < 2)
		die("control: the socket or the command is missing; see --help");
	address = address_of(argv[0]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("%s: %s", argv[0], strerror(errno));
	server = fdopen(fd, "r+");
	if (!server)
		die("%s: %s", argv[0], strerror(errno));
	for (int i = 1; i < argc; i++)
		fprintf(server, "%s%s", argv[i], i < argc - 1 ? " " : "\n");
	fflush(server);
	if (!fgets(line, sizeof(line), server))
		die("%s: the VMM has gone", argv[0]);
	fputs(line, stdout);
	fclose(server);
	return strncmp(line, "ok", 2) ? EXIT_BAD_INPUT : 0;
}

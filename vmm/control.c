// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control socket, and "vmm control", which talks to it: one line in, one
 * line out, which starts with "ok" or "error". While a guest is written to a file, lines
 * that start with "progress" come before.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define LINE		2048
#define PATIENCE	5000	/* milliseconds that a client has for its request */

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
	const char *end;
	struct cpu *cpu;
	uint64_t event;

	if (!parse_number(argument, UINT32_MAX, &event, &end))
		return "no such event";
	cpu = *end ? parse_cpu(machine, end + 1) : &machine->cpus[0];
	if (!cpu || (*end && *end != ' '))
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
	{ "plug", plug }, { "unplug", unplug }, { "raise", raise_event }, { "status", status },
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

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * A request: up to a newline, or to the end of what the client says. Returns NULL, or
 * why it is none. A client has its time for all of it, so that it cannot keep the
 * others waiting by a byte now and then.
 */
static const char *read_request(int client, char line[LINE])
{
	struct pollfd readable = { .fd = client, .events = POLLIN };
	long left, deadline = now_ms() + PATIENCE;
	size_t size = 0;
	ssize_t n;
	char *end;

	while (size < LINE - 1) {
		left = deadline - now_ms();
		if (!poll(&readable, 1, left > 0 ? left : 0))
			return "no whole request came in time";
		n = recv(client, line + size, LINE - 1 - size, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return strerror(errno);
		size += n > 0 ? n : 0;
		line[size] = '\0';
		end = memchr(line, '\n', size);
		if (end)
			*end = '\0';
		if (end || !n)
			return size ? NULL : "no request";
	}
	return "the request is too long";
}

/* How far a snapshot is, and whether the client is still there */
static bool report(void *arg, unsigned int percent)
{
	struct pollfd client = { .fd = *(int *)arg };
	char line[32];

	snprintf(line, sizeof(line), "progress %u %%\n", percent);
	send(client.fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	return poll(&client, 1, 0) < 1 || !(client.revents & (POLLHUP | POLLERR));
}

static void send_answer(int client, const char *error, const char *info)
{
	char text[LINE + 16];

	snprintf(text, sizeof(text), error ? "error: %s\n" : "ok%s\n", error ? error : info);
	send(client, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What is left unread would make the client's end of the socket forget its answer */
static void hang_up(int client)
{
	char rest[LINE];

	shutdown(client, SHUT_RDWR);
	while (recv(client, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	close(client);
}

static int listener = -1;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct stat own;		/* of that address */

static void set_address(const char *path)
{
	if (strlen(path) >= sizeof(address.sun_path))
		die("%s: longer than the %zu characters of a socket's name", path,
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
}

static void *control_main(void *arg)
{
	struct machine *machine = arg;
	char line[LINE], info[LINE];
	const char *error;
	bool is_moved;
	int client;

	for (;;) {
		client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0) {
			info[0] = '\0';
			error = read_request(client, line);
			is_moved = !error && !strncmp(line, "snapshot ", 9);
			if (is_moved)
				error = snapshot_save(machine, line + 9, report, &client);
			else if (!error)
				error = run_command(machine, line, info);
			send_answer(client, error, info);
			hang_up(client);
			if (is_moved && !error)
				vcpus_end(machine, STOP_MOVED);
		} else if (errno == EMFILE || errno == ENFILE) {
			poll(NULL, 0, 100);	/* nothing tells when there are some again */
		} else if (errno != EINTR && errno != ECONNABORTED) {
			die("control socket: %s", strerror(errno));
		}
	}
	return NULL;
}

/* Not if it is another's by now */
static void remove_socket(void)
{
	struct stat now;

	if (!lstat(address.sun_path, &now) && now.st_ino == own.st_ino && now.st_dev == own.st_dev)
		unlink(address.sun_path);
}

/* A socket that a killed VMM left behind makes room, one that somebody serves does not */
static void make_room(const char *path)
{
	struct stat there;
	int fd;

	if (lstat(path, &there))
		return;
	if (!S_ISSOCK(there.st_mode))
		die("--control %s: it is a file, and no socket; name another", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)) || errno == EAGAIN)
		die("--control %s: another VMM uses it; end that one, or name another", path);
	if (errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

/* The thread that serves --control, one client after the other */
void control_start(struct machine *machine)
{
	const char *path = machine->options->control;
	pthread_t thread;
	mode_t mask;

	if (!path)
		return;
	set_address(path);
	make_room(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mask = umask(0177);	/* whoever may connect may end the guest */
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8) || lstat(path, &own))
		die("--control %s: %s", path, reason(errno));
	umask(mask);
	atexit(remove_socket);
	start_thread(&thread, control_main, machine, "the control socket");
}

/* vmm control SOCKET COMMAND...: prints the answer; 0 if it is "ok" */
int control_client(int argc, char **argv)
{
	char line[LINE] = "";
	FILE *server = NULL;
	int fd;

	if (argc < 2)
		die("control: the socket or the command is missing; see --help");
	set_address(argv[0]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		server = fdopen(fd, "r+");
	if (!server)
		die("%s: %s", argv[0], strerror(errno));
	for (int i = 1; i < argc; i++) {
		/* A file is named from here, not from where the VMM has been started */
		if (i == 2 && !strcmp(argv[1], "snapshot") && argv[i][0] != '/' &&
		    getcwd(line, sizeof(line)))
			fprintf(server, "%s/", line);
		fprintf(server, "%s%s", argv[i], i < argc - 1 ? " " : "\n");
	}
	fflush(server);
	do {
		if (!fgets(line, sizeof(line), server))
			die("%s: the VMM has gone", argv[0]);
		print_or_die(line);
	} while (!strncmp(line, "progress", 8));
	fclose(server);
	return strncmp(line, "ok", 2) ? EXIT_BAD_INPUT : 0;
}

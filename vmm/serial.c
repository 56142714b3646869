// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The guest's console on standard input and output: the generic UART of Arm's
 * SBSA, Arm DEN0029 B. A thread moves characters between its two FIFOs and the
 * outside; one interrupt tells the guest that there is input, or room for output.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm.h"

enum { UART_DR = 0x00, UART_FR = 0x18, UART_IMSC = 0x38, UART_RIS = 0x3c, UART_MIS = 0x40 };

#define FR_RXFE		(1u << 4)
#define FR_TXFF		(1u << 5)
#define FR_RXFF		(1u << 6)
#define FR_TXFE		(1u << 7)
#define INT_RX		(1u << 4)
#define INT_TX		(1u << 5)

#define FIFO_SIZE	32

struct fifo {
	uint8_t data[FIFO_SIZE];
	unsigned int first, nr;
};

/* Everything below is protected by the lock, save what the thread alone uses */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct machine *machine;
static struct fifo rx, tx;
static uint32_t mask;		/* IMSC: the interrupts that are enabled */
static bool level;		/* of the interrupt line */
static bool stopping;
static pthread_t thread;
static int wake = -1;		/* eventfd: the thread has to look */
static bool input_ended, output_ended;	/* the thread's own */

static void put(struct fifo *fifo, uint8_t value)
{
	if (fifo->nr < FIFO_SIZE)
		fifo->data[(fifo->first + fifo->nr++) % FIFO_SIZE] = value;
}

static uint8_t get(struct fifo *fifo)
{
	uint8_t value;

	if (!fifo->nr)
		return 0;
	value = fifo->data[fifo->first];
	fifo->first = (fifo->first + 1) % FIFO_SIZE;
	fifo->nr--;
	return value;
}

static uint32_t raw_interrupts(void)
{
	return (rx.nr ? INT_RX : 0) | (tx.nr <= FIFO_SIZE / 2 ? INT_TX : 0);
}

static void update_interrupt(void)
{
	struct kvm_irq_level irq = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (32 + SERIAL_SPI),
		.level = !!(raw_interrupts() & mask),
	};

	if (level == irq.level)
		return;
	level = irq.level;
	vm_ioctl(machine, KVM_IRQ_LINE, "KVM_IRQ_LINE", &irq);
}

static void wake_thread(void)
{
	if (eventfd_write(wake, 1))
		die("serial port: %s", strerror(errno));
}

static uint32_t read_register(uint64_t offset)
{
	switch (offset) {
	case UART_DR:
		/* The thread has stopped reading input when there was no room */
		if (rx.nr == FIFO_SIZE)
			wake_thread();
		return get(&rx);
	case UART_FR:
		return (rx.nr ? 0 : FR_RXFE) | (rx.nr == FIFO_SIZE ? FR_RXFF : 0) |
		       (tx.nr ? 0 : FR_TXFE) | (tx.nr == FIFO_SIZE ? FR_TXFF : 0);
	case UART_IMSC:
		return mask;
	case UART_RIS:
		return raw_interrupts();
	case UART_MIS:
		return raw_interrupts() & mask;
	default:
		return 0;
	}
}

static void access_register(uint64_t offset, bool is_write, void *data, unsigned int len)
{
	uint32_t value = 0;

	if (len > sizeof(value))
		len = sizeof(value);
	pthread_mutex_lock(&lock);
	if (is_write) {
		memcpy(&value, data, len);
		if (offset == UART_IMSC)
			mask = value & (INT_RX | INT_TX);
		if (offset == UART_DR && !tx.nr)
			wake_thread();
		if (offset == UART_DR)
			put(&tx, value);
	} else {
		value = read_register(offset);
		memcpy(data, &value, len);
	}
	update_interrupt();
	pthread_mutex_unlock(&lock);
}

const struct device serial_device = { SERIAL_BASE, SERIAL_SIZE, access_register };

/* A reader that is slow or non-blocking is waited for; one that is gone, not */
static void send_output(void)
{
	struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };
	unsigned int nr = 0, sent = 0;
	uint8_t data[FIFO_SIZE];
	ssize_t n;

	pthread_mutex_lock(&lock);
	while (tx.nr)
		data[nr++] = get(&tx);
	update_interrupt();
	pthread_mutex_unlock(&lock);
	while (sent < nr && !output_ended) {
		n = write(STDOUT_FILENO, data + sent, nr - sent);
		if (n >= 0) {
			sent += n;
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			fprintf(stderr, "vmm: the guest's console: %s: what it prints is lost from here on\n",
				strerror(errno));
			output_ended = true;
		}
	}
}

static void receive_input(unsigned int room)
{
	uint8_t data[FIFO_SIZE];
	ssize_t n;

	n = read(STDIN_FILENO, data, room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || !terminal_may_read()))
		return;
	if (n <= 0) {
		input_ended = true;
		return;
	}
	n = terminal_keys(data, n);
	pthread_mutex_lock(&lock);
	for (ssize_t i = 0; i < n; i++)
		put(&rx, data[i]);
	update_interrupt();
	pthread_mutex_unlock(&lock);
}

static void *serial_main(void *arg)
{
	struct pollfd fds[] = { { .fd = wake, .events = POLLIN }, { .events = POLLIN } };
	unsigned int room;
	eventfd_t value;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&lock);
		room = FIFO_SIZE - rx.nr;
		stop = stopping;
		pthread_mutex_unlock(&lock);
		send_output();
		if (stop)
			return arg;

		fds[1].fd = room && !input_ended && terminal_may_read() ? STDIN_FILENO : -1;
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			if (errno != EINTR)
				die("serial port: %s", strerror(errno));
			continue;
		}
		if (fds[0].revents)
			eventfd_read(wake, &value);
		if (fds[1].fd >= 0 && fds[1].revents)
			receive_input(room);
	}
}

/* Its thread, with the port as it is */
void serial_restart(void)
{
	pthread_mutex_lock(&lock);
	stopping = false;
	pthread_mutex_unlock(&lock);
	start_thread(&thread, serial_main, NULL, "the serial port");
}

/* The port as it has been reset or loaded; it has nothing to send */
void serial_start(struct machine *new_machine)
{
	pthread_mutex_lock(&lock);
	if (wake < 0) {
		wake = eventfd(0, EFD_CLOEXEC);
		if (wake < 0)
			die("serial port: %s", reason(errno));
		terminal_start();
	}
	machine = new_machine;
	level = false;
	update_interrupt();
	pthread_mutex_unlock(&lock);
	serial_restart();
}

/* A port that has stopped has nothing left to send; the line is that of its interrupts */
void serial_save(struct machine *of, struct buffer *to)
{
	append(to, &rx, sizeof(rx));
	append(to, &mask, sizeof(mask));
}

void serial_load(struct machine *of, struct buffer *from)
{
	take(from, &rx, sizeof(rx));
	take(from, &mask, sizeof(mask));
	if (rx.first >= FIFO_SIZE || rx.nr > FIFO_SIZE || mask & ~(INT_RX | INT_TX))
		bad(from, "it has a serial port that there cannot be");
}

void serial_reset(void)
{
	memset(&rx, 0, sizeof(rx));
	mask = 0;
}

/* When no vCPU runs any more; everything that the guest wrote is out then */
void serial_stop(void)
{
	bool is_running;

	pthread_mutex_lock(&lock);
	is_running = !stopping;
	stopping = true;
	wake_thread();
	pthread_mutex_unlock(&lock);
	if (is_running)
		pthread_join(thread, NULL);
}

/* After SIGCONT, which a shell sends to what it puts into the foreground */
void serial_continue(void)
{
	terminal_continue();
	pthread_mutex_lock(&lock);
	if (wake >= 0)
		wake_thread();
	pthread_mutex_unlock(&lock);
}

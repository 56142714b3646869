// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The device tree that tells the guest what it runs on. */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "vmm.h"

#define PHANDLE_GIC	1
#define GIC_SPI		0
#define GIC_PPI		1
#define IRQ_LEVEL_HIGH	4
#define IRQ_LEVEL_LOW	8

static void check(int ret)
{
	if (ret)
		die("device tree: %s", fdt_strerror(ret));
}

static void cells(void *fdt, const char *name, const uint32_t *values, unsigned int nr)
{
	fdt32_t be[16];

	for (unsigned int i = 0; i < nr; i++)
		be[i] = cpu_to_fdt32(values[i]);
	check(fdt_property(fdt, name, be, nr * sizeof(*be)));
}

#define CELLS(fdt, name, ...) \
	cells(fdt, name, (const uint32_t[]){ __VA_ARGS__ }, \
	      ARRAY_SIZE(((const uint32_t[]){ __VA_ARGS__ })))
#define HIGH_LOW(x)	(uint32_t)((uint64_t)(x) >> 32), (uint32_t)(x)

static void string(void *fdt, const char *name, const char *value)
{
	check(fdt_property_string(fdt, name, value));
}

static void begin(void *fdt, const char *name, uint64_t address)
{
	char node[64];

	snprintf(node, sizeof(node), "%s@%llx", name, (unsigned long long)address);
	check(fdt_begin_node(fdt, node));
}

/* Random bytes, new at each reset: where the guest's kernel puts itself, and its entropy */
static void seed(void *fdt, const char *name, size_t size)
{
	uint8_t bytes[64];

	if (getrandom(bytes, size, 0) != (ssize_t)size)
		die("getrandom(): %s", strerror(errno));
	check(fdt_property(fdt, name, bytes, size));
}

/* All of them, plugged or not: that is PSCI's to tell */
static void cpus(struct machine *machine, void *fdt)
{
	check(fdt_begin_node(fdt, "cpus"));
	CELLS(fdt, "#address-cells", 2);
	CELLS(fdt, "#size-cells", 0);
	for (unsigned int i = 0; i < machine->nr_vcpus; i++) {
		begin(fdt, "cpu", machine->cpus[i].mpidr);
		string(fdt, "device_type", "cpu");
		string(fdt, "compatible", "arm,armv8");
		string(fdt, "enable-method", "psci");
		CELLS(fdt, "reg", HIGH_LOW(machine->cpus[i].mpidr));
		check(fdt_end_node(fdt));
	}
	check(fdt_end_node(fdt));
}

static void firmware(struct machine *machine, void *fdt)
{
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2";
	const char *method = machine->services && machine->options->smc ? "smc" : "hvc";

	check(fdt_begin_node(fdt, "psci"));
	check(fdt_property(fdt, "compatible", psci, sizeof(psci)));
	string(fdt, "method", method);
	check(fdt_end_node(fdt));
	if (!machine->services)
		return;
	check(fdt_begin_node(fdt, "firmware"));
	check(fdt_begin_node(fdt, "sdei"));
	string(fdt, "compatible", "arm,sdei-1.0");
	string(fdt, "method", method);
	check(fdt_end_node(fdt));
	check(fdt_end_node(fdt));
}

static void interrupt_controller(struct machine *machine, void *fdt)
{
	uint64_t base = machine->gicv2 ? GIC_CPU_BASE : GIC_REDIST_BASE;
	uint64_t size = machine->gicv2 ? GIC_CPU_SIZE : GIC_REDIST_SIZE * machine->nr_vcpus;

	begin(fdt, "interrupt-controller", GIC_DIST_BASE);
	string(fdt, "compatible", machine->gicv2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
	check(fdt_property(fdt, "interrupt-controller", NULL, 0));
	CELLS(fdt, "#interrupt-cells", 3);
	CELLS(fdt, "reg", HIGH_LOW(GIC_DIST_BASE), HIGH_LOW(GIC_DIST_SIZE), HIGH_LOW(base),
	      HIGH_LOW(size));
	CELLS(fdt, "phandle", PHANDLE_GIC);
	check(fdt_end_node(fdt));
}

/* What each CPU has, by a private interrupt */
static void timer_and_pmu(struct machine *machine, void *fdt)
{
	check(fdt_begin_node(fdt, "timer"));
	string(fdt, "compatible", "arm,armv8-timer");
	/* Secure, non-secure, virtual, hypervisor: the interrupts that KVM gives them */
	CELLS(fdt, "interrupts", GIC_PPI, 13, IRQ_LEVEL_LOW, GIC_PPI, 14, IRQ_LEVEL_LOW,
	      GIC_PPI, 11, IRQ_LEVEL_LOW, GIC_PPI, 10, IRQ_LEVEL_LOW);
	check(fdt_property(fdt, "always-on", NULL, 0));
	check(fdt_end_node(fdt));
	if (!vcpu_has(&machine->vcpus[0], KVM_ARM_VCPU_PMU_V3))
		return;
	check(fdt_begin_node(fdt, "pmu"));
	string(fdt, "compatible", "arm,armv8-pmuv3");
	CELLS(fdt, "interrupts", GIC_PPI, PMU_PPI, IRQ_LEVEL_HIGH);
	check(fdt_end_node(fdt));
}

void make_fdt(struct machine *machine, void *fdt, size_t size, uint64_t initrd,
	      uint64_t initrd_size)
{
	char console[32];

	check(fdt_create(fdt, size));
	check(fdt_finish_reservemap(fdt));
	check(fdt_begin_node(fdt, ""));
	string(fdt, "compatible", "linux,dummy-virt");
	string(fdt, "model", "SMCCC reference VMM");
	CELLS(fdt, "#address-cells", 2);
	CELLS(fdt, "#size-cells", 2);
	CELLS(fdt, "interrupt-parent", PHANDLE_GIC);

	check(fdt_begin_node(fdt, "chosen"));
	string(fdt, "bootargs", machine->options->append);
	snprintf(console, sizeof(console), "/serial@%lx", SERIAL_BASE);
	string(fdt, "stdout-path", console);
	seed(fdt, "kaslr-seed", sizeof(uint64_t));
	seed(fdt, "rng-seed", 64);
	if (initrd_size) {
		CELLS(fdt, "linux,initrd-start", HIGH_LOW(initrd));
		CELLS(fdt, "linux,initrd-end", HIGH_LOW(initrd + initrd_size));
	}
	check(fdt_end_node(fdt));
	begin(fdt, "memory", RAM_BASE);
	string(fdt, "device_type", "memory");
	CELLS(fdt, "reg", HIGH_LOW(RAM_BASE), HIGH_LOW(machine->options->memory));
	check(fdt_end_node(fdt));
	cpus(machine, fdt);
	firmware(machine, fdt);
	interrupt_controller(machine, fdt);
	timer_and_pmu(machine, fdt);
	begin(fdt, "serial", SERIAL_BASE);
	string(fdt, "compatible", "arm,sbsa-uart");
	CELLS(fdt, "reg", HIGH_LOW(SERIAL_BASE), HIGH_LOW(SERIAL_SIZE));
	CELLS(fdt, "interrupts", GIC_SPI, SERIAL_SPI, IRQ_LEVEL_HIGH);
	CELLS(fdt, "current-speed", 115200);
	check(fdt_end_node(fdt));
	check(fdt_end_node(fdt));
	check(fdt_finish(fdt));
}

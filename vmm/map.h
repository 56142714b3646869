/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The guest's physical address space. */
#ifndef MAP_H
#define MAP_H

#define GIC_DIST_BASE	0x08000000ul
#define GIC_DIST_SIZE	0x10000ul
#define GIC_CPU_BASE	0x08010000ul	/* of a GICv2 */
#define GIC_CPU_SIZE	0x10000ul
#define GIC_REDIST_BASE	0x080a0000ul
#define GIC_REDIST_SIZE	0x20000ul	/* for each vCPU */
#define SERIAL_BASE	0x09000000ul
#define SERIAL_SIZE	0x1000ul
#define RAM_BASE	0x80000000ul

#define SERIAL_SPI	1		/* interrupt id 32 + this */
#define PMU_PPI		7		/* interrupt id 16 + this, as SBSA has it */
#define NR_IRQS		64

#endif

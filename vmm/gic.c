// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The interrupt controller: a GICv3, or a GICv2 where the host has no other to lend. Its
 * state is that of a list of registers, Arm IHI 0069 and 0048, which KVM's
 * devices/arm-vgic-v3.rst and arm-vgic.rst let a VMM read and write.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

/* What a register is of, and how it is written */
enum { EACH_VCPU = 1, OPTIONAL = 2, ENABLES = 4 };

struct row {
	uint32_t group;
	uint32_t attr;			/* an offset, or a system register */
	unsigned int nr;		/* that many next to each other */
	unsigned int flags;
};

#define DIST		KVM_DEV_ARM_VGIC_GRP_DIST_REGS
#define REDIST		KVM_DEV_ARM_VGIC_GRP_REDIST_REGS
#define CPU_REGS	KVM_DEV_ARM_VGIC_GRP_CPU_REGS
#define CPU_SYSREGS	KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS
#define LEVELS		KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO
#define ICC(crn, crm, op2) (3 << 14 | (crn) << 7 | (crm) << 3 | (op2))

/*
 * In the order in which they are written. GICD_IIDR is first: it says by which revision
 * of KVM's GIC the others are meant. An interrupt's line, configuration and route come before
 * it is made pending. ICC_BPR1 can be written until ICC_CTLR makes it follow
 * ICC_BPR0, and ICC_CTLR says how many active priorities there are.
 */
static const struct row gicv3[] = {
	{ DIST, 0x0008, 1, 0 }, { DIST, 0x0000, 1, 0 },		/* GICD_IIDR, GICD_CTLR */
	{ REDIST, 0x10080, 1, EACH_VCPU }, { REDIST, 0x10c04, 1, EACH_VCPU }, /* IGROUPR0, ICFGR1 */
	{ REDIST, 0x10400, 8, EACH_VCPU },			/* GICR_IPRIORITYR */
	{ REDIST, 0x10100, 1, EACH_VCPU | ENABLES },		/* GICR_ISENABLER0 */
	{ LEVELS, 0, 1, EACH_VCPU },
	{ REDIST, 0x10200, 1, EACH_VCPU }, { REDIST, 0x10300, 1, EACH_VCPU }, /* ISPENDR0, ACTIVE */
	{ DIST, 0x0084, 1, 0 }, { DIST, 0x0c08, 2, 0 },		/* GICD_IGROUPR, GICD_ICFGR */
	{ DIST, 0x0420, 8, 0 }, { DIST, 0x6100, 64, 0 },	/* GICD_IPRIORITYR, GICD_IROUTER */
	{ DIST, 0x0104, 1, ENABLES },				/* GICD_ISENABLER */
	{ LEVELS, 32, 1, 0 },
	{ DIST, 0x0204, 1, 0 }, { DIST, 0x0304, 1, 0 },		/* GICD_ISPENDR, GICD_ISACTIVER */
	{ CPU_SYSREGS, ICC(12, 12, 5), 1, EACH_VCPU },		/* ICC_SRE_EL1 */
	{ CPU_SYSREGS, ICC(4, 6, 0), 1, EACH_VCPU },		/* ICC_PMR_EL1 */
	{ CPU_SYSREGS, ICC(12, 8, 3), 1, EACH_VCPU },		/* ICC_BPR0_EL1 */
	{ CPU_SYSREGS, ICC(12, 12, 3), 2, EACH_VCPU },		/* ICC_BPR1_EL1, ICC_CTLR_EL1 */
	{ CPU_SYSREGS, ICC(12, 12, 6), 2, EACH_VCPU },		/* ICC_IGRPEN0_EL1 and 1 */
	{ CPU_SYSREGS, ICC(12, 8, 4), 4, EACH_VCPU | OPTIONAL }, /* ICC_AP0Rn_EL1 */
	{ CPU_SYSREGS, ICC(12, 9, 0), 4, EACH_VCPU | OPTIONAL }, /* ICC_AP1Rn_EL1 */
	{ }
};

static const struct row gicv2[] = {
	{ DIST, 0x008, 1, 0 }, { DIST, 0x000, 1, 0 },		/* GICD_IIDR, GICD_CTLR */
	{ DIST, 0x080, 1, EACH_VCPU }, { DIST, 0xc04, 1, EACH_VCPU }, /* IGROUPR0, ICFGR1 */
	{ DIST, 0x400, 8, EACH_VCPU },				/* GICD_IPRIORITYR */
	{ DIST, 0x100, 1, EACH_VCPU | ENABLES },		/* GICD_ISENABLER0 */
	{ DIST, 0xf20, 4, EACH_VCPU },				/* GICD_SPENDSGIR */
	{ DIST, 0x200, 1, EACH_VCPU }, { DIST, 0x300, 1, EACH_VCPU }, /* ISPENDR0, ACTIVE */
	{ DIST, 0x084, 1, 0 }, { DIST, 0xc08, 2, 0 },		/* GICD_IGROUPR, GICD_ICFGR */
	{ DIST, 0x420, 8, 0 }, { DIST, 0x820, 8, 0 }, /* GICD_IPRIORITYR, GICD_ITARGETSR */
	{ DIST, 0x104, 1, ENABLES },				/* GICD_ISENABLER */
	{ DIST, 0x204, 1, 0 }, { DIST, 0x304, 1, 0 },		/* GICD_ISPENDR, GICD_ISACTIVER */
	{ CPU_REGS, 0x00, 3, EACH_VCPU },			/* GICC_CTLR, GICC_PMR, GICC_BPR */
	{ CPU_REGS, 0x1c, 1, EACH_VCPU },			/* GICC_ABPR */
	{ CPU_REGS, 0xd0, 4, EACH_VCPU | OPTIONAL },		/* GICC_APR */
	{ }
};

static void set_gic(struct machine *machine, uint32_t group, uint64_t attr, void *value)
{
	if (device_attr(machine->gic, KVM_SET_DEVICE_ATTR, group, attr, value))
		die("KVM_SET_DEVICE_ATTR of the GIC, group %u: %s", group, strerror(errno));
}

/*
 * After all vCPUs: their number is fixed from here on. A host whose GICv3 cannot be
 * lent, as a Raspberry Pi 4 has none, can have a GICv2.
 */
void gic_create(struct machine *machine)
{
	const uint32_t addr = KVM_DEV_ARM_VGIC_GRP_ADDR;
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct kvm_create_device test = { .type = device.type, .flags = KVM_CREATE_DEVICE_TEST };
	uint64_t dist = GIC_DIST_BASE, cpu = GIC_CPU_BASE;
	uint64_t redist = (uint64_t)machine->nr_vcpus << 52 | GIC_REDIST_BASE;
	uint32_t nr_irqs = NR_IRQS;

	machine->gicv2 = ioctl(machine->vm, KVM_CREATE_DEVICE, &test) && errno == ENODEV;
	if (machine->options->restore && machine->gicv2 != machine->options->gicv2)
		die("%s: its guest has a GICv%u, and this host lends a GICv%u",
		    machine->options->restore, machine->options->gicv2 ? 2 : 3,
		    machine->gicv2 ? 2 : 3);
	if (machine->gicv2)
		device.type = KVM_DEV_TYPE_ARM_VGIC_V2;
	if (machine->gicv2 && machine->nr_vcpus > 8)
		die("--max-cpus %u: this host lends a GICv2 alone, which has 8 CPUs at most",
		    machine->nr_vcpus);
	vm_ioctl(machine, KVM_CREATE_DEVICE, "KVM_CREATE_DEVICE of a GIC", &device);
	machine->gic = device.fd;
	if (machine->gicv2) {
		set_gic(machine, addr, KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);
		set_gic(machine, addr, KVM_VGIC_V2_ADDR_TYPE_CPU, &cpu);
	} else {
		set_gic(machine, addr, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
		set_gic(machine, addr, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redist);
	}
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	set_gic(machine, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

/* KVM has each in 32 bits, system registers in 64: both start where the value does */
static void save_one(struct machine *machine, const struct row *row, uint64_t attr,
		     struct buffer *to)
{
	uint64_t value = 0;

	if (device_attr(machine->gic, KVM_GET_DEVICE_ATTR, row->group, attr, &value) &&
	    !(row->flags & OPTIONAL))
		bad(to, "the GIC's register %#lx of group %u: %s", attr, row->group,
		    strerror(errno));
	append(to, &value, sizeof(value));
}

/* All are 0 at a reset, except that SGIs are enabled: what the guest has not, is disabled */
static void load_one(struct machine *machine, const struct row *row, uint64_t attr,
		     struct buffer *from)
{
	const unsigned long set = KVM_SET_DEVICE_ATTR;
	uint64_t value, disabled;

	take(from, &value, sizeof(value));
	disabled = ~value;
	if (from->error[0] || (row->flags & OPTIONAL && !value))
		return;
	if ((row->flags & ENABLES &&
	     device_attr(machine->gic, set, row->group, attr + 0x80, &disabled)) ||
	    device_attr(machine->gic, set, row->group, attr, &value))
		bad(from, "this host's GIC does not take %#lx in register %#lx of group %u: %s",
		    value, attr, row->group, strerror(errno));
}

/* GICv3's registers are of an affinity, GICv2's of a vCPU's index */
static uint64_t owner(struct machine *machine, unsigned int index)
{
	uint64_t mpidr = machine->cpus[index].mpidr;

	if (machine->gicv2)
		return (uint64_t)index << 32;
	return (mpidr & 0xffffff) << 32 | (mpidr >> 32 & 0xff) << 56;
}

static void each(struct machine *machine, struct buffer *buffer, typeof(save_one) *one)
{
	const struct row *row;

	for (row = machine->gicv2 ? gicv2 : gicv3; row->nr; row++) {
		unsigned int owners = row->flags & EACH_VCPU ? machine->nr_vcpus : 1;
		unsigned int step = row->group == CPU_SYSREGS ? 1 : 4;

		for (unsigned int i = 0; i < owners * row->nr; i++)
			one(machine, row, owner(machine, i / row->nr) |
			    (row->attr + i % row->nr * step), buffer);
	}
}

/* While no vCPU is in KVM_RUN, which is EBUSY */
void gic_save(struct machine *machine, struct buffer *to)
{
	each(machine, to, save_one);
}

void gic_load(struct machine *machine, struct buffer *from)
{
	each(machine, from, load_one);
}

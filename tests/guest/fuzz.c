// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz SECONDS IOCTLS [SEED [PROGRAM]]: random programs of ioctls on random VMs,
 * for so many seconds and so many ioctls at least.
 *
 * A program is a list of steps on a fresh VM with two vCPUs: SETs, GETs, HASs,
 * runs of a guest that makes one call by a random conduit, id and immediate,
 * with and without synced registers, and what else touches the same state. One
 * thread does them, or two at a time, one of which may also scribble over the
 * other's kvm_run; some steps have a fault injected. Where KCOV is, programs
 * that reached something new are kept and changed; else all are new.
 *
 * Whether the kernel minds is on its console. This program judges what it was
 * told: each error is one of those in the documentation, each call had the
 * outcome of the ranges that were set, and forwarded calls and their counts
 * agree. A program that failed, or after which the kernel is tainted, is
 * printed as a line that PROGRAM repeats.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>

#include <linux/kcov.h>

/* All that KVM is asked */
static unsigned long nr_ioctls;
#define ioctl(...)	(__atomic_add_fetch(&nr_ioctls, 1, __ATOMIC_RELAXED), ioctl(__VA_ARGS__))

#include "filter.h"

#define MAX_STEPS	120
#define MAX_CORPUS	512
#define NR_CELLS	6
#define GUEST_BASE	0x40000000ul
#define MMIO		0x10000000ul
#define COVER_WORDS	(32 << 10)
#define COVER_BITS	(1 << 16)
#define NOT_SUPPORTED	(~0ull)

enum kind {
	SET, GET, HAS, OTHER_ATTR, RUN, SCRIBBLE, SINGLE_STEP, BITMAP, STATISTICS,
	DEBUGFS, TRACE, INIT, CAPABILITY, NR_KINDS
};

static const char *const kind_names[NR_KINDS] = {
	"SET", "GET", "HAS", "other attributes", "KVM_RUN", "scribbles", "single steps",
	"bitmap registers", "statistics", "debugfs", "trace event", "KVM_ARM_VCPU_INIT",
	"capabilities",
};

struct step {
	uint8_t kind, who, fault, choice;
	uint32_t id, nr, bits;
};

struct program {
	uint8_t nr, threads, aarch32, scribbles;
	struct step step[MAX_STEPS];
};

/* What is known at the end of a program: which ranges there are */
struct range {
	uint32_t first, last, action;
};

struct outcome {
	uint32_t id;
	int exit, wants;		/* an action, or -1 where any may be */
	uint64_t x0;
};

struct thread {
	struct cell *cell;
	int who, kcov;
	unsigned long *cover;
	pthread_t pthread;
	struct range set[MAX_STEPS], got[MAX_STEPS];
	struct outcome outcome[MAX_STEPS];
	int nr_set, nr_got, nr_outcomes, forwarded;
};

struct cell {
	struct program program;
	pthread_barrier_t start, end;
	int vm, vcpu[2], pid, failed;
	struct kvm_run *run[2];
	void *memory;
	uint64_t random;
	struct thread thread[2];
	char why[160];
};

static const uint32_t stubs64[] = {
	0xd4000002,	/* hvc #0 */
	0xd4024682,	/* hvc #0x1234 */
	0xd41fffe2,	/* hvc #0xffff */
	0xd4000003,	/* smc #0 */
	0xd4000023,	/* smc #1 */
	0xd41fffe3,	/* smc #0xffff */
	0xd4000002,
	0xd4000003,
};

static const uint32_t stubs32[] = {
	0xe1400070,	/* hvc #0 */
	0xe14abc7d,	/* hvc #0xabcd */
	0xe1600070,	/* smc #0 */
	0xe160007f,	/* smc #15 */
	0x11600070,	/* smcne #0 */
	0x01600070,	/* smceq #0, whose condition fails */
	0xe1400070,
	0xe1600070,
};

#define NR_STUBS	8
/* Answered at EL2, or without a look at the filter */
static bool is_smc_with_immediate(const struct program *p, int stub)
{
	return !p->aarch32 && (stub == 4 || stub == 5);
}

static int kvm, mmap_size;
static volatile bool stop;
static pthread_mutex_t corpus_lock = PTHREAD_MUTEX_INITIALIZER;
static struct program corpus[MAX_CORPUS];
static int nr_corpus;
static uint8_t covered[COVER_BITS];
static unsigned long nr_covered, nr_programs, done[NR_KINDS], faults, judged[3];
static int nr_bad;

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t below(struct cell *cell, uint32_t n)
{
	return next_random(&cell->random) % n;
}

static uint32_t random_id(struct cell *cell)
{
	static const uint32_t near[] = {
		0, 0x7fffffff, 0x80000000, 0x8000ffff, 0x80010000, 0xc0000000, 0xc000ffff,
		0xc0010000, 0xffffffff, 0x84000000, 0xc4000003, 0x84000050, 0x86000000,
		0xc6000000, 0xc5000020, 0x95c1ba5e, 0x86ffffff, 0xc7000000, 0xb2000000,
	};
	uint64_t r = next_random(&cell->random);

	switch (r >> 60) {
	case 0 ... 3:
		return r;
	case 4 ... 7:
		return 0xc6000000 + (r & 0x1f);
	default:
		return near[(r >> 8) % (sizeof(near) / sizeof(*near))] + (int)(r >> 32 & 7) - 3;
	}
}

static uint32_t random_nr(struct cell *cell)
{
	uint64_t r = next_random(&cell->random);

	switch (r >> 60) {
	case 0:
		return r >> (r >> 32 & 31);
	case 1:
		return 0;
	case 2:
		return 0x1000000 + (r & 3);
	default:
		return 1 + (r & 7);
	}
}

static void random_step(struct cell *cell, struct step *s)
{
	static const uint8_t kinds[] = {
		SET, SET, SET, SET, SET, GET, GET, GET, HAS, OTHER_ATTR, RUN, RUN, RUN, RUN,
		RUN, RUN, RUN, SCRIBBLE, SINGLE_STEP, BITMAP, STATISTICS, DEBUGFS, TRACE, INIT,
		CAPABILITY,
	};

	*s = (struct step) {
		.kind = kinds[below(cell, sizeof(kinds))],
		.who = below(cell, 2),
		.fault = below(cell, 8) ? 0 : 1 + below(cell, 12),
		.choice = next_random(&cell->random),
		.id = random_id(cell),
		.nr = random_nr(cell),
		.bits = next_random(&cell->random),
	};
}

static void random_program(struct cell *cell, struct program *p)
{
	int i;

	memset(p, 0, sizeof(*p));
	p->nr = 2 + below(cell, MAX_STEPS - 1);
	p->threads = 1 + below(cell, 2);
	p->aarch32 = !below(cell, 6);
	p->scribbles = !below(cell, 4);
	for (i = 0; i < p->nr; i++) {
		struct step *s = &p->step[i];

		/* A filter that has ranges, and calls that meet them */
		random_step(cell, s);
		if (s->kind == RUN && i < p->nr / 3 && below(cell, 16))
			s->kind = SET;
		if (i && (s->kind == SET ? !below(cell, 4) : below(cell, 4)))
			s->id = p->step[below(cell, i)].id + !below(cell, 6) - !below(cell, 6);
	}
}

/* A kept program with a few steps changed, or moved to another's end */
static void change(struct cell *cell, struct program *p)
{
	int i, n = 1 + below(cell, 4);

	while (n--) {
		struct step *s = &p->step[below(cell, p->nr)];

		switch (below(cell, 6)) {
		case 0:
			random_step(cell, s);
			break;
		case 1:
			if (p->nr < MAX_STEPS)
				random_step(cell, &p->step[p->nr++]);
			break;
		case 2:
			s->id = p->step[below(cell, p->nr)].id + below(cell, 3) - 1;
			break;
		case 3:
			s->bits ^= 1u << below(cell, 32);
			s->choice ^= 1u << below(cell, 8);
			break;
		case 4:
			if (p->nr > 2) {
				i = s - p->step;
				memmove(s, s + 1, (p->nr - i - 1) * sizeof(*s));
				p->nr--;
			}
			break;
		case 5:
			s->fault = below(cell, 16);
			break;
		}
	}
}

static void choose_program(struct cell *cell)
{
	struct program *p = &cell->program;
	int i;

	pthread_mutex_lock(&corpus_lock);
	if (nr_corpus && below(cell, 2))
		*p = corpus[below(cell, nr_corpus)];
	pthread_mutex_unlock(&corpus_lock);

	if (p->nr)
		change(cell, p);
	else
		random_program(cell, p);

	/* Where kvm_run may change at any time, no outcome can be judged */
	for (i = 0; i < p->nr; i++) {
		if (p->step[i].kind == SCRIBBLE && !p->scribbles)
			p->step[i].kind = RUN;
	}
}

static void complain(struct cell *cell, const char *what, uint32_t id, long value)
{
	if (!__atomic_exchange_n(&cell->failed, 1, __ATOMIC_SEQ_CST))
		snprintf(cell->why, sizeof(cell->why), "%s (0x%x, %ld)", what, id, value);
}

/* The fault is this thread's, and only the next system call's that can have one */
static int fault_begin(const struct step *s)
{
	int fd = s->fault ? open("/proc/thread-self/fail-nth", O_RDWR) : -1;

	if (fd >= 0) {
		dprintf(fd, "%d", s->fault);
		__atomic_add_fetch(&faults, 1, __ATOMIC_RELAXED);
	}
	return fd;
}

static void fault_end(int fd)
{
	int error = errno;

	if (fd >= 0) {
		pwrite(fd, "0", 1, 0);
		close(fd);
	}
	errno = error;
}

static void do_set(struct thread *t, const struct step *s)
{
	struct kvm_smccc_filter filter = {
		.base = s->id,
		.nr_functions = s->nr,
		.action = s->choice < 0xf0 ? s->choice % 3 : s->choice,
	};
	uint64_t last = (uint64_t)s->id + s->nr - 1;
	int fd, ret;

	if (!(s->bits & 0x1f))
		filter.pad[s->bits >> 5 & 7] = 1;

	fd = fault_begin(s);
	ret = filter_ioctl(t->cell->vm, KVM_SET_DEVICE_ATTR, s->bits & 0xf00 ? &filter : NULL);
	fault_end(fd);

	switch (ret) {
	case 0:
		if (!s->nr || last > UINT32_MAX || filter.action > 2 || !(s->bits & 0xf00))
			complain(t->cell, "SET took it", s->id, s->nr);
		t->set[t->nr_set++] = (struct range) { s->id, last, filter.action };
		break;
	case EFAULT: case EINVAL: case EBUSY: case EEXIST:
		break;
	case ENOMEM:
		if (fd < 0)
			complain(t->cell, "SET fails without a fault", s->id, ret);
		break;
	default:
		complain(t->cell, "SET fails in another way", s->id, ret);
	}
}

static void do_get(struct thread *t, const struct step *s)
{
	struct kvm_smccc_filter filter = {
		.base = s->id, .nr_functions = s->nr, .action = s->choice
	};
	uint32_t last;
	int i, fd, ret;

	if (!(s->bits & 0x1f))
		filter.pad[s->bits >> 5 & 7] = 1;

	fd = fault_begin(s);
	ret = filter_ioctl(t->cell->vm, KVM_GET_DEVICE_ATTR, s->bits & 0xf00 ? &filter : NULL);
	fault_end(fd);

	last = filter.base + filter.nr_functions - 1;
	switch (ret) {
	case 0:
		if (!filter.nr_functions || last < filter.base || last < s->id || filter.action > 2)
			complain(t->cell, "GET finds another range", s->id, filter.base);
		for (i = 0; i < 15; i++) {
			if (filter.pad[i])
				complain(t->cell, "GET fills the pad", s->id, filter.pad[i]);
		}
		t->got[t->nr_got++] = (struct range) { filter.base, last, filter.action };
		break;
	case ENOENT:
		filter.base = UINT32_MAX;
		break;
	case EFAULT: case EINVAL:
		return;
	default:
		complain(t->cell, "GET fails in another way", s->id, ret);
		return;
	}
	/* What this thread has set is there */
	for (i = 0; i < t->nr_set; i++)
		if (t->set[i].last >= s->id && (ret || t->set[i].first < filter.base))
			complain(t->cell, "GET does not find a range", s->id, t->set[i].first);
}

static void do_other_attr(struct thread *t, const struct step *s)
{
	static const unsigned long commands[] = {
		KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR
	};
	struct kvm_smccc_filter filter = { };
	struct kvm_device_attr attr = {
		.group = s->choice & 1 ? s->nr : 0,
		.attr = s->choice & 2 ? (uint64_t)s->nr << (s->bits & 32) : 0,
		.flags = s->bits,
		.addr = (uintptr_t)&filter,
	};
	bool unreadable = !(s->bits & 7 << 8);
	int ret;

	if (!attr.group && !attr.attr)
		return;
	ret = ioctl(t->cell->vm, commands[s->choice % 3], unreadable ? NULL : &attr) ? errno : 0;
	if (ret != (unreadable ? EFAULT : ENXIO))
		complain(t->cell, "another attribute", attr.group, ret);
}

static void set_reg(int vcpu, uint64_t offset, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / 4,
		.addr = (uintptr_t)&value,
	};

	ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

#define CORE(member)	offsetof(struct kvm_regs, member)

static bool is_el2s(uint32_t id)
{
	return id == 0x80008000 || id == 0x80007fff || id == 0x80003fff;
}

/* Interrupted by the thread's timer, where it would not come back by itself */
static int kvm_run(int vcpu)
{
	sigset_t alarm;
	int ret;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	ret = ioctl(vcpu, KVM_RUN, 0) ? errno : 0;
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);

	return ret;
}

/* One call, and what became of it */
static void do_run(struct thread *t, const struct step *s)
{
	struct cell *cell = t->cell;
	int who = cell->program.threads == 1 ? s->who : t->who;
	int i, fd, ret, vcpu = cell->vcpu[who];
	int stub = s->choice % NR_STUBS;
	struct kvm_run *run = cell->run[who];
	uint64_t arg[18], valid, dirty;
	bool synced;
	struct outcome *o;

	arg[0] = s->id | (uint64_t)s->nr << 32;
	for (i = 1; i < 18; i++)
		arg[i] = s->bits * 0x9e3779b97f4a7c15ull * i;

	valid = s->bits & 1 ? KVM_SYNC_ARM64_SMCCC : 0;
	dirty = s->bits & 2 ? KVM_SYNC_ARM64_SMCCC : 0;
	if (!(s->bits >> 2 & 0x1f))
		valid |= 1ull << (s->bits >> 8 & 63);
	if (!(s->bits >> 12 & 0x1f))
		dirty |= 1ull << (s->bits >> 8 & 63);
	synced = dirty == KVM_SYNC_ARM64_SMCCC;

	/* An MMIO exit is completed first: it would move the new PC */
	if (run->exit_reason == KVM_EXIT_MMIO) {
		run->kvm_valid_regs = 0;
		run->kvm_dirty_regs = 0;
		run->immediate_exit = 1;
		kvm_run(vcpu);
	}

	run->kvm_valid_regs = valid;
	run->kvm_dirty_regs = dirty;
	run->immediate_exit = !(s->bits >> 20 & 0xf);
	run->exit_reason = KVM_EXIT_UNKNOWN;
	memcpy(run->s.regs.smccc_regs, arg, sizeof(arg));
	if (!synced)
		set_reg(vcpu, CORE(regs.regs[0]), arg[0]);
	set_reg(vcpu, CORE(regs.pc), GUEST_BASE + stub * 16);

	/* A first run allocates before it looks; a signal's frame must not fail */
	fd = run->immediate_exit ? fault_begin(s) : -1;
	ret = fd < 0 ? kvm_run(vcpu) : ioctl(vcpu, KVM_RUN, 0) ? errno : 0;
	fault_end(fd);

	if (!ret && run->exit_reason == KVM_EXIT_HYPERCALL)
		t->forwarded++;
	if (cell->program.scribbles)
		return;

	if ((valid | dirty) & ~(uint64_t)KVM_SYNC_ARM64_SMCCC) {
		if (ret != EINVAL && ret != ENOMEM && ret != EINTR)
			complain(cell, "KVM_RUN with unknown bits", s->id, ret);
		return;
	}
	if (ret) {
		if (ret != EINTR && ret != ENOMEM && ret != EFAULT)
			complain(cell, "KVM_RUN fails in another way", s->id, ret);
		return;
	}
	if (synced && run->kvm_dirty_regs)
		complain(cell, "kvm_dirty_regs stays", s->id, run->kvm_dirty_regs);

	o = &t->outcome[t->nr_outcomes++];
	*o = (struct outcome) { .id = s->id, .exit = run->exit_reason, .wants = -1 };
	if (run->exit_reason == KVM_EXIT_HYPERCALL) {
		/* An exception from AArch32 need not keep the upper halves */
		uint64_t mask = cell->program.aarch32 ? UINT32_MAX : ~0ull;
		bool smc = stub > (cell->program.aarch32 ? 1 : 2) && stub != 6;

		o->wants = KVM_SMCCC_FILTER_FWD_TO_USER;
		if (run->hypercall.nr != s->id || run->hypercall.ret ||
		    run->hypercall.flags != smc || is_smc_with_immediate(&cell->program, stub))
			complain(cell, "exit", s->id, run->hypercall.flags);
		for (i = 0; synced && i < 6; i++) {
			if ((run->hypercall.args[i] ^ arg[i + 1]) & mask)
				complain(cell, "argument", s->id, i + 1);
		}
		for (i = 0; valid && synced && i < 18; i++) {
			if ((run->s.regs.smccc_regs[i] ^ arg[i]) & mask)
				complain(cell, "register", s->id, i);
		}
	} else if (run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == MMIO) {
		memcpy(&o->x0, run->mmio.data, 8);
		if (is_smc_with_immediate(&cell->program, stub)) {
			if (o->x0 != NOT_SUPPORTED)
				complain(cell, "SMC with an immediate", s->id, o->x0);
		} else if (!cell->program.aarch32 && !is_el2s(s->id)) {
			o->wants = KVM_SMCCC_FILTER_HANDLE;
		}
	}
}

/* Another thread's vCPU may be running with this page */
static void do_scribble(struct thread *t, const struct step *s)
{
	struct kvm_run *run = t->cell->run[s->who];

	if (s->bits & 1)
		run->kvm_dirty_regs = s->bits & 2 ? KVM_SYNC_ARM64_SMCCC : (uint64_t)s->bits << 32;
	if (s->bits & 4)
		run->kvm_valid_regs = s->bits & 8 ? KVM_SYNC_ARM64_SMCCC : (uint64_t)s->bits << 32;
	run->s.regs.smccc_regs[s->choice % 18] = (uint64_t)s->bits << 32 | s->id;
	run->hypercall.nr = s->id;
	run->hypercall.flags = s->bits;
}

static void do_statistics(struct thread *t, const struct step *s)
{
	char text[4096];
	int fd = ioctl(t->cell->vcpu[s->who], KVM_GET_STATS_FD, 0);

	if (fd >= 0) {
		pread(fd, text, sizeof(text), s->bits & 0xff);
		close(fd);
	}
}

static void do_debugfs(struct thread *t, const struct step *s)
{
	char name[80], text[512];
	int fd;

	snprintf(name, sizeof(name), "/sys/kernel/debug/kvm/%d-%d/smccc_filter",
		 t->cell->pid, t->cell->vm);
	fd = open(name, O_RDONLY);
	if (fd >= 0) {
		if (s->choice & 1)
			pread(fd, text, 7, s->bits & 0x3f);
		while (read(fd, text, 1 + (s->bits & 0x1ff)) > 0)
			;
		close(fd);
	}
}

static void do_trace(const struct step *s)
{
	int fd = open("/sys/kernel/tracing/events/kvm/kvm_smccc_arm64/enable", O_WRONLY);

	if (fd >= 0) {
		write(fd, s->bits & 1 ? "1" : "0", 1);
		close(fd);
	}
}

static void init_vcpu(struct cell *cell, int who)
{
	struct kvm_vcpu_init init = { .target = KVM_ARM_TARGET_GENERIC_V8 };

	init.features[0] = 1 << KVM_ARM_VCPU_PSCI_0_2 |
			   cell->program.aarch32 << KVM_ARM_VCPU_EL1_32BIT;
	ioctl(cell->vcpu[who], KVM_ARM_VCPU_INIT, &init);
	set_reg(cell->vcpu[who], CORE(regs.regs[cell->program.aarch32 ? 18 : 19]), MMIO);
}

static void do_step(struct thread *t, const struct step *s)
{
	struct cell *cell = t->cell;
	struct kvm_guest_debug debug = {
		.control = s->bits & 1 ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0
	};
	uint64_t value = s->nr & 1;
	struct kvm_one_reg reg = { .addr = (uintptr_t)&value };
	int own = cell->program.threads == 1 ? s->who : t->who;

	switch (s->kind) {
	case SET:
		do_set(t, s);
		break;
	case GET:
		do_get(t, s);
		break;
	case HAS:
		if (filter_ioctl(cell->vm, KVM_HAS_DEVICE_ATTR, (void *)(uintptr_t)s->nr))
			complain(cell, "HAS fails", 0, errno);
		break;
	case OTHER_ATTR:
		do_other_attr(t, s);
		break;
	case RUN:
		do_run(t, s);
		break;
	case SCRIBBLE:
		do_scribble(t, s);
		break;
	case SINGLE_STEP:
		ioctl(cell->vcpu[own], KVM_SET_GUEST_DEBUG, &debug);
		break;
	case BITMAP:
		reg.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_FW_FEAT_BMAP;
		reg.id |= s->choice % 3;
		ioctl(cell->vcpu[own], s->bits & 1 ? KVM_SET_ONE_REG : KVM_GET_ONE_REG, &reg);
		break;
	case STATISTICS:
		do_statistics(t, s);
		break;
	case DEBUGFS:
		do_debugfs(t, s);
		break;
	case TRACE:
		do_trace(s);
		break;
	case INIT:
		init_vcpu(cell, own);
		break;
	case CAPABILITY:
		ioctl(s->bits & 1 ? cell->vm : kvm, KVM_CHECK_EXTENSION,
		      s->bits & 2 ? KVM_CAP_SYNC_REGS : KVM_CAP_VM_ATTRIBUTES);
		break;
	}
	__atomic_add_fetch(&done[s->kind], 1, __ATOMIC_RELAXED);
}

static void cover_begin(struct thread *t)
{
	if (t->cover) {
		(ioctl)(t->kcov, KCOV_ENABLE, KCOV_TRACE_PC);
		__atomic_store_n(&t->cover[0], 0, __ATOMIC_RELAXED);
	}
}

/* How many pairs of places, one after the other, were new */
static int cover_end(struct thread *t)
{
	unsigned long i, n, last = 0;
	int fresh = 0;

	if (!t->cover)
		return 0;
	n = __atomic_load_n(&t->cover[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < COVER_WORDS; i++) {
		unsigned long pc = t->cover[i] >> 2, pair = (pc ^ last * 31) % COVER_BITS;

		last = pc;
		if (!__atomic_exchange_n(&covered[pair], 1, __ATOMIC_RELAXED))
			fresh++;
	}
	(ioctl)(t->kcov, KCOV_DISABLE, 0);
	__atomic_add_fetch(&nr_covered, fresh, __ATOMIC_RELAXED);
	return fresh;
}

static int run_steps(struct thread *t)
{
	struct program *p = &t->cell->program;
	int i;

	t->nr_set = 0;
	t->nr_got = 0;
	t->nr_outcomes = 0;
	t->forwarded = 0;
	cover_begin(t);
	for (i = 0; i < p->nr; i++) {
		if (p->threads == 1 || p->step[i].who == t->who)
			do_step(t, &p->step[i]);
	}
	return cover_end(t);
}

/* The action of an id, once no more can be set */
static int action_of(struct cell *cell, uint32_t id, struct range *found)
{
	int i, j;

	for (i = 0; i < cell->program.threads; i++) {
		for (j = 0; j < cell->thread[i].nr_set; j++) {
			struct range *r = &cell->thread[i].set[j];

			if (r->first <= id && id <= r->last) {
				*found = *r;
				return r->action;
			}
		}
	}
	return KVM_SMCCC_FILTER_HANDLE;
}

static uint64_t forwarded_by_statistics(int vcpu)
{
	int fd = MUST(ioctl(vcpu, KVM_GET_STATS_FD, 0));
	struct kvm_stats_header h;
	struct kvm_stats_desc *d;
	uint64_t value = ~0ull;
	size_t size;
	unsigned int i;

	MUST(pread(fd, &h, sizeof(h), 0));
	size = sizeof(*d) + h.name_size;
	d = alloca(size);
	for (i = 0; i < h.num_desc; i++) {
		MUST(pread(fd, d, size, h.desc_offset + i * size));
		if (!strcmp(d->name, "smccc_forwarded"))
			MUST(pread(fd, &value, 8, h.data_offset + d->offset));
	}
	close(fd);
	return value;
}

static void judge(struct cell *cell)
{
	struct program *p = &cell->program;
	struct range r = { };
	bool off = false, on = false, faulty = false;
	int i, j;

	for (i = 0; i < p->nr; i++) {
		if (p->step[i].kind != RUN)
			continue;
		off |= p->step[i].id == 0x84000002;
		on |= (p->step[i].id & ~(1u << 30)) == 0x84000003;
		faulty |= p->step[i].fault;
	}
	/* CPU_ON starts a vCPU that is off somewhere else */
	if (off && on)
		return;

	for (i = 0; i < p->threads; i++) {
		struct thread *t = &cell->thread[i];

		for (j = 0; j < t->nr_outcomes; j++) {
			struct outcome *o = &t->outcome[j];
			int action = action_of(cell, o->id, &r);

			if (o->wants >= 0)
				__atomic_add_fetch(&judged[action], 1, __ATOMIC_RELAXED);
			if (o->wants == KVM_SMCCC_FILTER_FWD_TO_USER ? action != o->wants :
			    o->wants == 0 && action == KVM_SMCCC_FILTER_FWD_TO_USER)
				complain(cell, "call", o->id, action);
			if (o->wants == 0 && action == KVM_SMCCC_FILTER_DENY &&
			    o->x0 != NOT_SUPPORTED)
				complain(cell, "denied call", o->id, o->x0);
		}
		for (j = 0; j < t->nr_got; j++) {
			struct range *g = &t->got[j];

			if (action_of(cell, g->first, &r) != (int)g->action ||
			    r.first != g->first || r.last != g->last)
				complain(cell, "GET finds what was not set", g->first, g->last);
		}
		/* A fault may hit what comes after the count */
		if (p->threads == 2 && !faulty &&
		    forwarded_by_statistics(cell->vcpu[i]) != (uint64_t)t->forwarded)
			complain(cell, "smccc_forwarded", 0, t->forwarded);
	}
}

static void print_program(const struct program *p)
{
	const uint8_t *bytes = (const void *)p;
	size_t i, size = offsetof(struct program, step) + p->nr * sizeof(struct step);

	for (i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static bool tainted(void)
{
	static char was[32];
	char text[32] = "";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY);
	bool is;

	if (fd < 0)
		return false;
	read(fd, text, sizeof(text) - 1);
	close(fd);
	is = *was && strcmp(was, text);
	strcpy(was, text);
	return is;
}

/* The program of the cell, from the VM's creation to its end */
static void run_program(struct cell *cell)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = GUEST_BASE, .memory_size = 4096,
		.userspace_addr = (uintptr_t)cell->memory + 4096 * cell->program.aarch32,
	};
	struct program *p = &cell->program;
	int i, fresh;

	cell->vm = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	MUST(ioctl(cell->vm, KVM_SET_USER_MEMORY_REGION, &region));
	for (i = 0; i < 2; i++) {
		cell->vcpu[i] = MUST(ioctl(cell->vm, KVM_CREATE_VCPU, i));
		cell->run[i] = mmap(NULL, mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				    cell->vcpu[i], 0);
		MUST(cell->run[i] == MAP_FAILED ? -1 : 0);
		init_vcpu(cell, i);
	}

	cell->failed = 0;
	pthread_barrier_wait(&cell->start);
	fresh = run_steps(&cell->thread[0]);
	pthread_barrier_wait(&cell->end);
	judge(cell);

	for (i = 0; i < 2; i++) {
		munmap(cell->run[i], mmap_size);
		close(cell->vcpu[i]);
	}
	close(cell->vm);
	__atomic_add_fetch(&nr_programs, 1, __ATOMIC_RELAXED);

	pthread_mutex_lock(&corpus_lock);
	if (tainted())
		complain(cell, "the kernel is tainted", 0, 0);
	if (cell->failed && nr_bad++ < 5) {
		printf("not ok %d - %s; the program: ", ++nr_results, cell->why);
		print_program(p);
		fflush(stdout);
		nr_failed++;
	}
	if (fresh && nr_corpus < MAX_CORPUS)
		corpus[nr_corpus++] = *p;
	else if (fresh)
		corpus[below(cell, MAX_CORPUS)] = *p;
	pthread_mutex_unlock(&corpus_lock);
}

/* A vCPU that is off or waits comes back all the same */
static void interrupt_often(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };
	struct itimerspec often = { { 0, 40000000 }, { 0, 40000000 } };
	sigset_t alarm;
	timer_t timer;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	event._sigev_un._tid = syscall(SYS_gettid);
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer));
	MUST(timer_settime(timer, 0, &often, NULL));
}

static void open_kcov(struct thread *t)
{
	t->kcov = open("/sys/kernel/debug/kcov", O_RDWR);
	if (t->kcov < 0)
		return;
	MUST((ioctl)(t->kcov, KCOV_INIT_TRACE, COVER_WORDS));
	t->cover = mmap(NULL, COVER_WORDS * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED,
			t->kcov, 0);
	MUST(t->cover == MAP_FAILED ? -1 : 0);
}

static void *partner(void *arg)
{
	struct thread *t = arg;
	struct cell *cell = t->cell;

	interrupt_often();
	open_kcov(t);
	for (;;) {
		pthread_barrier_wait(&cell->start);
		if (cell->program.threads == 2)
			run_steps(t);
		pthread_barrier_wait(&cell->end);
	}
	return NULL;
}

static void *leader(void *arg)
{
	struct thread *t = arg;
	struct cell *cell = t->cell;
	uint32_t *code;
	int i;

	cell->pid = syscall(SYS_gettid);
	cell->memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(cell->memory == MAP_FAILED ? -1 : 0);
	code = cell->memory;
	for (i = 0; i < NR_STUBS; i++) {
		code[4 * i] = stubs64[i];
		code[4 * i + 1] = 0xf9000260;			/* str x0, [x19] */
		code[4 * i + 2] = 0x14000000;			/* b . */
		code[1024 + 4 * i] = stubs32[i];
		code[1024 + 4 * i + 1] = 0xe58e0000;		/* str r0, [lr] */
		code[1024 + 4 * i + 2] = 0xeafffffe;		/* b . */
	}
	__builtin___clear_cache(cell->memory, (char *)cell->memory + 8192);

	interrupt_often();
	open_kcov(t);
	do {
		if (!cell->program.nr)
			choose_program(cell);
		run_program(cell);
		cell->program.nr = 0;
	} while (!stop);
	return NULL;
}

static void try_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd >= 0) {
		write(fd, text, strlen(text));
		close(fd);
	}
}

static void on_signal(int signal)
{
	(void)signal;
}

static void read_program(const char *text, struct program *p)
{
	uint8_t *bytes = (void *)p;
	unsigned int byte;
	size_t i;

	for (i = 0; i < sizeof(*p) && sscanf(text + 2 * i, "%2x", &byte) == 1; i++)
		bytes[i] = byte;
	if (p->nr > MAX_STEPS)
		p->nr = MAX_STEPS;
}

int main(int argc, char *argv[])
{
	static struct cell cells[NR_CELLS];
	time_t now, begin = time(NULL), shown = begin;
	int i, j, seconds = argc > 1 ? atoi(argv[1]) : 10;
	unsigned long ioctls = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	uint64_t seed;

	if (argc > 3)
		seed = strtoull(argv[3], NULL, 0);
	else
		MUST(getrandom(&seed, sizeof(seed), 0));
	signal(SIGALRM, on_signal);
	kvm = kvm_open();
	mmap_size = MUST(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	try_text("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	try_text("/sys/kernel/debug/failslab/verbose", "0");
	try_text("/sys/kernel/debug/fail_usercopy/verbose", "0");
	tainted();
	printf("# random seed 0x%llx\n", (unsigned long long)seed);
	fflush(stdout);

	for (i = 0; i < (argc > 4 ? 1 : NR_CELLS); i++) {
		struct cell *cell = &cells[i];

		cell->random = seed + ((uint64_t)i << 48);
		if (argc > 4)
			read_program(argv[4], &cell->program);
		pthread_barrier_init(&cell->start, NULL, 2);
		pthread_barrier_init(&cell->end, NULL, 2);
		for (j = 0; j < 2; j++) {
			cell->thread[j].cell = cell;
			cell->thread[j].who = j;
			MUST(-pthread_create(&cell->thread[j].pthread, NULL, j ? partner : leader,
					     &cell->thread[j]));
		}
	}

	while (argc <= 4 && ((now = time(NULL)) < begin + seconds || nr_ioctls < ioctls)) {
		sleep(1);
		if (now >= shown + 60) {
			shown = now;
			printf("# %ld s: %lu programs, %lu ioctls, %lu pairs of places, %d programs kept\n",
			       (long)(now - begin), nr_programs, nr_ioctls, nr_covered, nr_corpus);
			fflush(stdout);
		}
	}
	stop = true;
	for (i = 0; i < (argc > 4 ? 1 : NR_CELLS); i++)
		pthread_join(cells[i].thread[0].pthread, NULL);

	for (i = 0; i < NR_KINDS; i++)
		printf("# fuzz: %lu %s\n", done[i], kind_names[i]);
	printf("# fuzz: %lu faults asked for\n", faults);
	CHECK(judged[0] && judged[1] && judged[2],
	      "fuzz: %lu handled, %lu denied and %lu forwarded calls were judged",
	      judged[0], judged[1], judged[2]);
	CHECK(!nr_bad, "fuzz: %lu programs, %lu ioctls, %lu pairs of places, %d programs kept",
	      nr_programs, nr_ioctls, nr_covered, nr_corpus);
	return finish();
}

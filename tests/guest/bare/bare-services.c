// SPDX-License-Identifier: GPL-2.0
/* TRNG, the TEE's queries, and what no service answers, by both conduits. */
#include "bare.h"

#define TRNG_VERSION	0x84000050
#define TRNG_FEATURES	0x84000051
#define TRNG_UUID	0x84000052
#define TRNG_RND32	0x84000053
#define TRNG_RND64	0xc4000053

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2 };

static const char *conduit(void)
{
	return by_smc ? "smc" : "hvc";
}

static struct regs ask(u64 id, u64 x1)
{
	struct regs regs = { .x = { id, x1, 0x5555, 0x6666, 0x7777 } };

	(by_smc ? smccc_smc : smccc_hvc)(&regs);
	return regs;
}

static bool below(u64 value, int bits)
{
	return bits <= 0 ? !value : bits >= 64 || !(value >> bits);
}

/* All sizes: success, nothing above the size, every bit of it seen 0 and 1 */
static void random_bits(u64 id, int width)
{
	u64 ones[3] = { }, zeros[3] = { };
	bool ok = true, differ[3] = { };

	for (int bits = 1; bits <= 3 * width; bits++) {
		struct regs regs = ask(id, bits);

		for (int i = 0; i < 3; i++)
			ok &= below(regs.x[3 - i],
				    bits - i * width < width ? bits - i * width : width);
		ok &= regs.x[0] == SUCCESS && regs.x[4] == 0x7777;
	}
	check(ok, "%s: TRNG_RND of 1 to %d bits", conduit(), (u64)(3 * width));
	for (int i = 0; i < 64; i++) {
		struct regs regs = ask(id, 3 * width);

		for (int j = 0; j < 3; j++) {
			ones[j] |= regs.x[1 + j];
			zeros[j] |= ~regs.x[1 + j];
			differ[j] |= regs.x[1 + j] != regs.x[1 + (j + 1) % 3];
		}
	}
	for (int j = 0; j < 3; j++)
		ok &= differ[j] && ones[j] == ~0ull >> (64 - width) && zeros[j] == ~0ull;
	check(ok, "%s: every bit of %d is random", conduit(), (u64)(3 * width));
}

static void bad_size(u64 id, u64 bits)
{
	struct regs regs = ask(id, bits);

	check((s64)regs.x[0] == INVALID_PARAMETERS && !regs.x[1] && !regs.x[2] && !regs.x[3],
	      "%s: TRNG_RND %x of %d bits", conduit(), id, bits);
}

static void trng(void)
{
	struct regs uuid = ask(TRNG_UUID, 0);

	check(CALL(TRNG_VERSION) == 0x10000, "%s: TRNG 1.0", conduit());
	check(!CALL(TRNG_FEATURES, TRNG_VERSION) && !CALL(TRNG_FEATURES, TRNG_RND32) &&
	      !CALL(TRNG_FEATURES, TRNG_RND64) && !CALL(TRNG_FEATURES, TRNG_UUID) &&
	      CALL(TRNG_FEATURES, 0x84000054) == NOT_SUPPORTED, "%s: its features", conduit());
	check((u32)uuid.x[0] != ~0u && below(uuid.x[0] | uuid.x[1] | uuid.x[2] | uuid.x[3], 32) &&
	      uuid.x[1] && uuid.x[4] == 0x7777, "%s: its UUID", conduit());
	random_bits(TRNG_RND32, 32);
	random_bits(TRNG_RND64, 64);
	bad_size(TRNG_RND32, 0);
	bad_size(TRNG_RND32, 97);
	bad_size(TRNG_RND64, 0);
	bad_size(TRNG_RND64, 193);
	bad_size(TRNG_RND64, 1ull << 32 | 8);
	check(ask(TRNG_RND32, 1ull << 32 | 8).x[0] == SUCCESS, "%s: SMC32 looks at 32 bits",
	      conduit());
	check(CALL(0x8400005f) == NOT_SUPPORTED && CALL(0xc4000050) == NOT_SUPPORTED,
	      "%s: nothing else in its range", conduit());
}

static void tee(void)
{
	struct regs uuid = ask(0xbf00ff01, 0), revision = ask(0xbf00ff03, 0);

	if (!by_smc) {
		check((s64)uuid.x[0] == NOT_SUPPORTED && (s64)revision.x[0] == NOT_SUPPORTED &&
		      CALL(0xbf00ff00) == NOT_SUPPORTED, "hvc: no TEE");
		return;
	}
	check(uuid.x[0] == 0x3c7d15af && uuid.x[1] == 0x49f1c8b0 && uuid.x[2] == 0x7e5d2c91 &&
	      uuid.x[3] == 0x06a4d3e8, "smc: the TEE's UUID");
	check(revision.x[0] == 1 && revision.x[1] == 0 && revision.x[2] == 0x5555,
	      "smc: its revision, 1.0");
	check(CALL(0xbf00ff00) == 3, "smc: its calls");
	check(CALL(0xb2000000) == NOT_SUPPORTED && CALL(0xffff0000) == NOT_SUPPORTED,
	      "smc: nothing else in its range");
}

/* Wants --filter 0xc3000000+0x10=forward and 0xc3000010+1=deny */
static void others(void)
{
	struct regs denied = ask(0xc3000010, 1), forwarded = ask(0xc3000000, 1);

	check((s64)denied.x[0] == NOT_SUPPORTED && !denied.x[1] && !denied.x[2] && !denied.x[3],
	      "%s: --filter deny", conduit());
	check((s64)forwarded.x[0] == NOT_SUPPORTED && forwarded.x[1] == 1 &&
	      forwarded.x[2] == 0x5555,
	      "%s: --filter forward, without a service", conduit());
	check(CALL(0x80000000) == 0x10001, "%s: SMCCC_VERSION is KVM's", conduit());
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		by_smc = i;
		trng();
		tee();
		others();
	}
	finish(0);
	/* SYSTEM_OFF2: hibernation; its type is 32 bits wide */
	CALL(0xc4000015, 0xbadull << 32 | 1, 0);
	check(false, "SYSTEM_OFF2 returned");
	return 0;
}

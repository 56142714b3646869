// SPDX-License-Identifier: GPL-2.0
/* True Random Number Generator Firmware Interface 1.0, Arm DEN0098. */
#include <string.h>
#include <sys/random.h>

#include "vmm.h"

#define TRNG_VERSION	0x84000050u
#define TRNG_FEATURES	0x84000051u
#define TRNG_GET_UUID	0x84000052u
#define TRNG_RND32	0x84000053u
#define TRNG_RND64	0xc4000053u

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, NO_ENTROPY = -3 };

static const struct function functions[];

static int64_t version(struct vcpu *vcpu, struct call *call)
{
	return 1 << 16;
}

static int64_t features(struct vcpu *vcpu, struct call *call)
{
	const struct function *function;

	for (function = functions; function->name; function++)
		if (function->id == call->x[1])
			return SUCCESS;
	return NOT_SUPPORTED;
}

/* Who makes the entropy: this VMM, from the host kernel's getrandom() */
static int64_t get_uuid(struct vcpu *vcpu, struct call *call)
{
	call->x[1] = 0x4afab2fc;
	call->x[2] = 0x97bb8fd4;
	call->x[3] = 0x3d1e71f6;
	call->results = 3;
	return 0x5be6a92d;
}

/* @bits of entropy, the lowest in x3; the bits above them are zero */
static int64_t rnd(struct call *call, uint64_t width)
{
	uint64_t bits = call->x[1];
	uint64_t words[3];

	call->x[1] = 0;
	call->x[2] = 0;
	call->x[3] = 0;
	call->results = 3;
	if (!bits || bits > 3 * width)
		return INVALID_PARAMETERS;
	if (getrandom(words, sizeof(words), GRND_NONBLOCK) != sizeof(words))
		return NO_ENTROPY;

	for (unsigned int i = 0; bits; i++) {
		uint64_t have = bits < width ? bits : width;

		call->x[3 - i] = words[i] >> (64 - have);
		bits -= have;
	}
	explicit_bzero(words, sizeof(words));
	return SUCCESS;
}

static int64_t rnd32(struct vcpu *vcpu, struct call *call)
{
	return rnd(call, 32);
}

static int64_t rnd64(struct vcpu *vcpu, struct call *call)
{
	return rnd(call, 64);
}

static const struct function functions[] = {
	{ TRNG_VERSION, "TRNG_VERSION", "", version },
	{ TRNG_FEATURES, "TRNG_FEATURES", "x", features },
	{ TRNG_GET_UUID, "TRNG_GET_UUID", "", get_uuid },
	{ TRNG_RND32, "TRNG_RND", "x", rnd32 },
	{ TRNG_RND64, "TRNG_RND", "x", rnd64 },
	{ }
};

static const struct answer answers[] = {
	{ SUCCESS, "SUCCESS" },
	{ NOT_SUPPORTED, "NOT_SUPPORTED" },
	{ INVALID_PARAMETERS, "INVALID_PARAMETERS" },
	{ NO_ENTROPY, "NO_ENTROPY" },
	{ }
};

const struct service trng_service = {
	.name = "trng",
	.ranges = { { 0x84000050, 0x10 }, { 0xc4000050, 0x10 } },
	.functions = functions,
	.answers = answers,
};

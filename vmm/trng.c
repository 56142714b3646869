// SPDX-License-Identifier: GPL-2.0 OR MIT
/* True Random Number Generator Firmware Interface 1.0, Arm DEN0098. */
#include <string.h>
#include <sys/random.h>

#include "service.h"

#define TRNG_VERSION	0x84000050u
#define TRNG_FEATURES	0x84000051u
#define TRNG_GET_UUID	0x84000052u
#define TRNG_RND32	0x84000053u
#define TRNG_RND64	0xc4000053u

enum { SUCCESS, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, NO_ENTROPY = -3 };

static struct outcome features(const struct view *view, const struct call *call)
{
	bool exists = call->x[1] - TRNG_VERSION <= TRNG_RND32 - TRNG_VERSION ||
		      call->x[1] == TRNG_RND64;

	return answer(exists ? SUCCESS : NOT_SUPPORTED);
}

/* x1 is the number of bits: the lowest is in x3, and those above them are zero */
static struct outcome rnd(const struct view *view, const struct call *call)
{
	uint64_t width = call->id == TRNG_RND64 ? 64 : 32;
	struct outcome outcome = { .x = { SUCCESS }, .nr_results = 4 };
	uint64_t bits = call->x[1];
	uint64_t words[3];

	if (!bits || bits > 3 * width)
		outcome.x[0] = INVALID_PARAMETERS;
	else if (getrandom(words, sizeof(words), GRND_NONBLOCK) != sizeof(words))
		outcome.x[0] = NO_ENTROPY;
	if (outcome.x[0])
		return outcome;
	for (unsigned int i = 0; bits; i++) {
		uint64_t have = bits < width ? bits : width;

		outcome.x[3 - i] = words[i] >> (64 - have);
		bits -= have;
	}
	explicit_bzero(words, sizeof(words));
	return outcome;
}

static const struct function functions[] = {
	ALWAYS(TRNG_VERSION, "TRNG_VERSION", .x = { 1 << 16 }, .nr_results = 1),
	CALL(TRNG_FEATURES, "TRNG_FEATURES", "x", features),
	ALWAYS(TRNG_GET_UUID, "TRNG_GET_UUID",
	       .x = { 0x5be6a92d, 0x4afab2fc, 0x97bb8fd4, 0x3d1e71f6 }, .nr_results = 4),
	CALL(TRNG_RND32, "TRNG_RND", "x", rnd),
	CALL(TRNG_RND64, "TRNG_RND", "x", rnd),
	{ }
};

const struct service trng_service = {
	.name = "trng",
	.ranges = { { 0x84000050, 0x10 }, { 0xc4000050, 0x10 } },
	.functions = functions,
	.answers = {
		NAME(SUCCESS), NAME(NOT_SUPPORTED), NAME(INVALID_PARAMETERS), NAME(NO_ENTROPY),
	},
};

// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A trusted OS as far as it says who it is: the general queries of DEN0028 6.2,
 * by SMC alone. A real one would answer the calls that follow from here on.
 */
#include "service.h"

#define TEE_CALL_COUNT	0xbf00ff00u
#define TEE_UUID	0xbf00ff01u
#define TEE_REVISION	0xbf00ff03u

#define NR_CALLS	3

enum { NOT_SUPPORTED = -1 };

static struct outcome query(const struct view *view, const struct call *call)
{
	/* The UUID in the order of its bytes, lowest first, in w0-w3 */
	static const struct outcome uuid = {
		.x = { 0x3c7d15af, 0x49f1c8b0, 0x7e5d2c91, 0x06a4d3e8 }, .nr_results = 4,
	};
	/* Major and minor */
	static const struct outcome revision = { .x = { 1, 0 }, .nr_results = 2 };

	if (!call->smc)
		return answer(NOT_SUPPORTED);
	if (call->id == TEE_CALL_COUNT)
		return answer(NR_CALLS);
	return call->id == TEE_UUID ? uuid : revision;
}

static const struct function functions[] = {
	CALL(TEE_CALL_COUNT, "CALL_COUNT", "", query),
	CALL(TEE_UUID, "CALL_UID", "", query),
	CALL(TEE_REVISION, "REVISION", "", query),
	{ }
};

/* Fast calls of owners 50-63, SMC32 and SMC64 */
const struct service tee_service = {
	.name = "tee",
	.ranges = { { 0xb2000000, 0x0e000000 }, { 0xf2000000, 0x0e000000 } },
	.functions = functions,
	.answers = { NAME(NOT_SUPPORTED) },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "xfrm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ struct xfrm_counter *counters = NULL;
	size_t n;

	FUZZ_CHECK(xfrm_stat_parse((const char *)data, size, &counters, &n) == 0);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(counters[i].name[0] != '\0');
		FUZZ_CHECK(memchr(counters[i].name, '\0', sizeof(counters[i].name)));
	}
	return 0;
}

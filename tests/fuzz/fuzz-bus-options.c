/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-input.h"

/* With its way from a call to options, which is its own affair. */
#include "../../daemon/bus-bond.c"

/*
 * Any dictionary as the argument of Verify(), made as bus-input.h says. Whatever it is: it is
 * refused, or the options are within their limits.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "within_usec", "count", "address", "probe" };
	struct verify_options o = { .how = { .within_usec = 1, .probe_count = 1 } };
	sd_bus_message *m = bus_input();

	bus_input_dictionary(m, data, size, keys, ARRAY_SIZE(keys));
	bus_input_end(m);

	if (read_options(m, &o) >= 0) {
		FUZZ_CHECK(o.how.within_usec <= MAX_WITHIN_USEC);
		FUZZ_CHECK(o.how.probe_count <= MAX_PROBES);
	}
	sd_bus_message_unref(m);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-input.h"

/* With its way from a call to options, which is its own affair. */
#include "../../daemon/bus-diagnose.c"

/*
 * Any bytes up to a NUL as the conn that Diagnose() is asked for, and behind it any dictionary,
 * made as bus-input.h says. Whatever it is: it is refused, or what the worker is started with is a
 * conn that has a name and an address that is one.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "up", "to" };
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size, used = len + !!end;
	char *conn = strndup((const char *)data, len);
	sd_bus_message *m = bus_input();
	struct options o = { 0 };
	struct facts_ip ip;

	FUZZ_CHECK(conn != NULL);
	/* What is no UTF-8 is never sent, and never read. */
	if (sd_bus_message_append(m, "s", conn) < 0)
		goto end;
	bus_input_dictionary(m, data + used, size - used, keys, ARRAY_SIZE(keys));
	bus_input_end(m);

	if (read_options(m, &o) >= 0) {
		FUZZ_CHECK(*conn && streq(o.conn, conn));
		FUZZ_CHECK(!o.to || facts_ip_parse(o.to, &ip) >= 0);
		FUZZ_CHECK(o.up == 0 || o.up == 1);
	}
end:
	sd_bus_message_unref(m);
	free(conn);
	return 0;
}

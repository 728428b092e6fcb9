/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-input.h"

/* With its way from a call to options, which is its own affair. */
#include "../../daemon/bus-bond.c"

/*
 * Any dictionary as the argument of Verify(): for each entry a byte that chooses its key, one that
 * chooses its type, and eight for its value; other keys take their name from the value. Whatever it
 * is: it is refused, or the options are within their limits.
 */

struct entry {
	uint8_t key, type;
	char value[8];
};

static void add_entry(sd_bus_message *m, const struct entry *e)
{
	static const char *const keys[] = { "within_usec", "count", "address", "probe" };
	static const char *const addresses[] = { "192.0.2.1", "fe80::1", "", "::ffff:1.2.3.4" };
	char word[sizeof(e->value) * 2 + 1];
	uint64_t number;

	memcpy(&number, e->value, sizeof(number));
	snprintf(word, sizeof(word), "%016llx", (unsigned long long)number);
	FUZZ_CHECK(sd_bus_message_open_container(m, 'e', "sv") >= 0);
	FUZZ_CHECK(sd_bus_message_append(m, "s", e->key < 240 ? keys[e->key % 4] : word) >= 0);
	switch (e->type % 8) {
	case 0:
	case 1:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "t", number) >= 0);
		break;
	case 2:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "b", (int)(number & 1)) >= 0);
		break;
	case 3:
	case 4:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "s", addresses[number % 4]) >= 0);
		break;
	case 5:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "s", word) >= 0);
		break;
	case 6:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "as", 1, word) >= 0);
		break;
	default:
		FUZZ_CHECK(sd_bus_message_append(m, "v", "v", "i", (int)number) >= 0);
	}
	FUZZ_CHECK(sd_bus_message_close_container(m) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verify_options o = { .how = { .within_usec = 1, .probe_count = 1 } };
	sd_bus_message *m = bus_input();

	FUZZ_CHECK(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
	for (; size >= sizeof(struct entry); size -= sizeof(struct entry)) {
		struct entry e;

		memcpy(&e, data, sizeof(e));
		add_entry(m, &e);
		data += sizeof(struct entry);
	}
	FUZZ_CHECK(sd_bus_message_close_container(m) >= 0);
	bus_input_end(m);

	if (read_options(m, &o) >= 0) {
		FUZZ_CHECK(o.how.within_usec <= MAX_WITHIN_USEC);
		FUZZ_CHECK(o.how.probe_count <= MAX_PROBES);
	}
	sd_bus_message_unref(m);
	return 0;
}

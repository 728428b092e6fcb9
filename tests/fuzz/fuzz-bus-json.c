/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-input.h"
#include "bus-json.h"
#include "dbus-json.h"

/*
 * Any bytes as JSON of the worker, on its way over the bus to the command. Whatever it is: sd-bus
 * takes it or refuses it; what it took the command reads, and what was plain text, truth or a whole
 * number is there again.
 */

static void compare(json_t *sent, json_t *got)
{
	const char *key;
	json_t *value;

	json_object_foreach(sent, key, value)
	{
		json_t *other = json_object_get(got, key);

		if (json_is_null(value)) {
			FUZZ_CHECK(!other);
		} else if (json_is_object(value)) {
			FUZZ_CHECK(json_is_object(other));
			compare(value, other);
		} else if (!json_is_array(value) && !json_is_real(value)) {
			FUZZ_CHECK(json_equal(value, other));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *sent, *got = NULL;
	sd_bus_message *m;
	int r;

	if (size > 65536)
		return 0;
	sent = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(sent)) {
		json_decref(sent);
		return 0;
	}
	m = bus_input();
	r = bus_append_dict(m, sent);
	if (r >= 0) {
		bus_input_end(m);
		r = dbus_json_read(m, &got);
		FUZZ_CHECK(r == 0 || r == -EBADMSG);
		FUZZ_CHECK((r == 0) == (got != NULL));
		if (r == 0)
			compare(sent, got);
	}
	json_decref(got);
	json_decref(sent);
	sd_bus_message_unref(m);
	return 0;
}

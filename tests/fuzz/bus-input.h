/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "fuzz.h"

/* A message that is never sent, for values to be put into it and read again. */
static inline sd_bus_message *bus_input(void)
{
	static sd_bus *bus;
	sd_bus_message *m = NULL;
	int fds[2];

	if (!bus) {
		FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
		FUZZ_CHECK(sd_bus_new(&bus) >= 0);
		FUZZ_CHECK(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
		FUZZ_CHECK(sd_bus_start(bus) >= 0);
	}
	FUZZ_CHECK(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "C") >= 0);
	return m;
}

/* After the last value: from here on it is read. */
static inline void bus_input_end(sd_bus_message *m)
{
	FUZZ_CHECK(sd_bus_message_seal(m, 1, 0) >= 0);
	FUZZ_CHECK(sd_bus_message_rewind(m, true) >= 0);
}

/*
 * For each entry of a dictionary a byte that chooses its key, one that chooses its type, and eight
 * for its value; other keys take their name from the value.
 */
struct bus_input_entry {
	uint8_t key, type;
	char value[8];
};

static inline void bus_input_value(sd_bus_message *m, uint8_t type, uint64_t number,
				   const char *word)
{
	static const char *const addresses[] = { "192.0.2.1", "fe80::1", "", "::ffff:1.2.3.4" };
	int r;

	switch (type % 8) {
	case 0:
	case 1:
		r = sd_bus_message_append(m, "v", "t", number);
		break;
	case 2:
		r = sd_bus_message_append(m, "v", "b", (int)(number & 1));
		break;
	case 3:
	case 4:
		r = sd_bus_message_append(m, "v", "s", addresses[number % 4]);
		break;
	case 5:
		r = sd_bus_message_append(m, "v", "s", word);
		break;
	case 6:
		r = sd_bus_message_append(m, "v", "as", 1, word);
		break;
	default:
		r = sd_bus_message_append(m, "v", "v", "i", (int)number);
	}
	FUZZ_CHECK(r >= 0);
}

/* Appends an a{sv}: an entry for each of the structs above that @data has. */
static inline void bus_input_dictionary(sd_bus_message *m, const uint8_t *data, size_t size,
					const char *const *keys, size_t n_keys)
{
	FUZZ_CHECK(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
	for (; size >= sizeof(struct bus_input_entry); size -= sizeof(struct bus_input_entry)) {
		struct bus_input_entry e;
		char word[sizeof(e.value) * 2 + 1];
		uint64_t number;

		memcpy(&e, data, sizeof(e));
		data += sizeof(e);
		memcpy(&number, e.value, sizeof(number));
		snprintf(word, sizeof(word), "%016llx", (unsigned long long)number);
		FUZZ_CHECK(sd_bus_message_open_container(m, 'e', "sv") >= 0);
		FUZZ_CHECK(sd_bus_message_append(m, "s",
						 e.key < 240 ? keys[e.key % n_keys] : word) >= 0);
		bus_input_value(m, e.type, number, word);
		FUZZ_CHECK(sd_bus_message_close_container(m) >= 0);
	}
	FUZZ_CHECK(sd_bus_message_close_container(m) >= 0);
}

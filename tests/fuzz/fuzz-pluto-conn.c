/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "pluto-conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	struct pluto_conn c;

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	pluto_conn_parse(text, "example", &c);
	FUZZ_CHECK(memchr(c.interface, '\0', sizeof(c.interface)));
	FUZZ_CHECK(memchr(c.ike_algorithm, '\0', sizeof(c.ike_algorithm)));
	FUZZ_CHECK(memchr(c.esp_algorithm, '\0', sizeof(c.esp_algorithm)));
	FUZZ_CHECK(c.loaded || (!c.oriented && !c.routed && c.ike == 0));
	return 0;
}

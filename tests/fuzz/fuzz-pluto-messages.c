/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "pluto-messages.h"

/*
 * Any bytes as what pluto says. Whatever they are: each cause is told once, with a remedy, and with
 * a line that stands in the text.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pluto_messages m = PLUTO_MESSAGES_NULL;
	_cleanup_free_ char *text = NULL;

	if (size > 100000)
		return 0;
	text = strndup((const char *)data, size);
	FUZZ_CHECK(text);
	FUZZ_CHECK(pluto_messages_match(text, &m) == 0);
	for (size_t i = 0; i < m.n; i++) {
		FUZZ_CHECK(m.items[i].cause && m.items[i].cause->id && m.items[i].cause->remedy);
		FUZZ_CHECK(m.items[i].line && strstr(text, m.items[i].line));
		FUZZ_CHECK(!strchr(m.items[i].line, '\n'));
		FUZZ_CHECK(m.items[i].count > 0);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(m.items[k].cause != m.items[i].cause);
	}
	pluto_messages_done(&m);
	return 0;
}

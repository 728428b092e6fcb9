/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "ike-message.h"

/* Any bytes as a peer's answer; the SPI is made to fit, so that the rest is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_question q = { .version = 2, .group = 14 };
	uint8_t bytes[IKE_MESSAGE_MAX];
	struct ike_answer a;

	if (size >= IKE_SPI_SIZE)
		memcpy(q.spi, data, IKE_SPI_SIZE);
	for (q.version = 1; q.version <= 2; q.version++) {
		ike_answer_parse(&q, data, size, &a);
		FUZZ_CHECK(memchr(a.takes, '\0', sizeof(a.takes)));
		FUZZ_CHECK(a.cookie_len <= sizeof(a.cookie));
		FUZZ_CHECK((a.kind == IKE_ANSWER_COOKIE) == (a.cookie_len > 0));
		if (q.version != 2 || a.kind != IKE_ANSWER_COOKIE)
			continue;
		memcpy(q.cookie, a.cookie, a.cookie_len);
		q.cookie_len = a.cookie_len;
		FUZZ_CHECK(ike_question_make(&q, bytes) > 0);
	}
	return 0;
}

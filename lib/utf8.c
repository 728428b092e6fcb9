/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "utf8.h"

size_t utf8_length(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	size_t n = s[0] < 0x80                    ? 1
		   : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		   : s[0] >= 0xe0 && s[0] <= 0xef ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void utf8_add(struct text *t, const char *s)
{
	while (*s) {
		size_t n = utf8_length(s);

		text_add_bytes(t, n > 0 ? s : "\xef\xbf\xbd", n > 0 ? n : 3);
		s += n > 0 ? n : 1;
	}
}

int utf8_clean(const char *s, char **ret)
{
	struct text t = TEXT_NULL;

	utf8_add(&t, s);
	return text_take(&t, ret);
}

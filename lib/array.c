/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"

int array_reserve(void *p, size_t *alloc, size_t n, size_t n_more, size_t size)
{
	void **items = p;
	void *grown;
	size_t want, room;

	if (__builtin_add_overflow(n, n_more, &want))
		return -ENOMEM;
	if (want <= *alloc)
		return 0;

	room = *alloc > SIZE_MAX / 2 ? want : *alloc * 2;
	if (room < want)
		room = want;
	if (room < 8)
		room = 8;

	grown = reallocarray(*items, room, size);
	if (!grown)
		return -ENOMEM;

	memset((char *)grown + *alloc * size, 0, (room - *alloc) * size);
	*items = grown;
	*alloc = room;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/netlink.h>

#include "fuzz.h"

/*
 * netlink_input() - a message out of any bytes: all of them, aligned, with their number as its
 * length, which is what the receiver has checked by then
 *
 * Return: the message (free with free()), or NULL when there are too few bytes for one.
 */
static inline struct nlmsghdr *netlink_input(const uint8_t *data, size_t size)
{
	struct nlmsghdr *h;

	if (size < NLMSG_HDRLEN || size > 65536)
		return NULL;
	h = malloc(size);
	FUZZ_CHECK(h);
	memcpy(h, data, size);
	h->nlmsg_len = (uint32_t)size;
	return h;
}

/* fuzz_untouched() - true when all bytes are still the filler */
static inline bool fuzz_untouched(const void *p, size_t size, int filler)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)p)[i] != filler)
			return false;
	return true;
}

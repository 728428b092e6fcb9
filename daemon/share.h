/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * How many calls of others may wait for an answer: so many of one client; where so many of all
 * wait, only one; and so many in all. The bus lets a user have 256 connections, each of them a
 * client: whatever one user does, there is room for another.
 */
#define SHARE_OF_CLIENT 16
#define SHARE_MANY_WAIT 64
#define SHARE_OF_ALL    512

/* share_is_spent() - @n calls wait, @n_own of them of the client that asks for one more */
static inline bool share_is_spent(size_t n, size_t n_own)
{
	return n >= SHARE_OF_ALL || n_own >= SHARE_OF_CLIENT || (n >= SHARE_MANY_WAIT && n_own > 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "conn-ends.h"
#include "facts.h"
#include "xfrm.h"

/*
 * The SAs that matter to a bond: those between the ends of its conns, and any other that is
 * offloaded to it. The kernel has no dump of these alone, and one of all takes as long as the host
 * has SAs. So once they were found in a dump the book is kept by what the kernel tells of new ones,
 * and where they are few beside the others each is asked for by itself.
 *
 * What an SA is told by never changes in the kernel: its ends, its number, its offload. That one
 * has gone is seen when it is asked for, for a device that goes down takes its SAs without a word.
 */
struct sa_book;

/* sa_book_new() - one that knows nothing. Return: 0; -ENOMEM. */
int sa_book_new(struct sa_book **ret);
struct sa_book *sa_book_free(struct sa_book *b);
DEFINE_CLEANUP(struct sa_book, sa_book_free)

/* sa_book_forget() - what was read before does not hold any more; the next read is a dump */
void sa_book_forget(struct sa_book *b);

/*
 * sa_book_take() - a change that the kernel has told
 *
 * A book that is to be read more than once has to get them all, in their order, up to each reading;
 * when some were lost, sa_book_forget().
 */
void sa_book_take(struct sa_book *b, const struct xfrm_message *message);

/*
 * A callback for each SA. @conn: whose ends it has, the first of that kind; NULL for an SA that is
 * offloaded to the bond and of none of them.
 *
 * Return: 0 to go on; a negative errno ends the reading with it.
 */
typedef int (*sa_book_each_t)(const struct facts_sa *sa, const struct conn_ends *conn,
			      void *userdata);

/*
 * sa_book_read() - the SAs as they are now; those that are only asked for are none
 * @bond: its ifindex
 * @conns: they stay the caller's, and stay what they are until sa_book_forget()
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; what xfrm_dump() says.
 */
int sa_book_read(struct sa_book *b, int bond, const struct conn_ends *conns, size_t n_conns,
		 sa_book_each_t each, void *userdata);

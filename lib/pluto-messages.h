/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What pluto prints while a conn comes up, or logs afterwards, and what it means. The wordings of
 * Libreswan 3.x, 4.x and 5.x are kept as data; what is looked for is the part of a message that
 * its versions have in common.
 */

/* How much a message says about the cause of a failure, the most telling first. */
enum pluto_rank {
	PLUTO_RANK_CAUSE,       /* names the cause by itself */
	PLUTO_RANK_CONSEQUENCE, /* what follows from a cause; tells when nothing else does */
	PLUTO_RANK_SILENCE,     /* nothing came back */
	PLUTO_RANK_HARMLESS,    /* looks bad, and is not */
};

/* An entry of the table; all texts are of static storage. */
struct pluto_cause {
	const char *id; /* stable, such as "ike-proposal" */
	enum pluto_rank rank;
	const char *cause;  /* what it means, a sentence */
	const char *remedy; /* what to do, a sentence */
};

/* A cause that was found in a text. */
struct pluto_message {
	const struct pluto_cause *cause;
	char *line;          /* the first line that tells it, without pluto's number in front */
	unsigned int number; /* of that line in the text, from 1 */
	unsigned int count;  /* how many lines tell it */
};

struct pluto_messages {
	struct pluto_message *items;
	size_t n;
	size_t alloc;
};

#define PLUTO_MESSAGES_NULL ((struct pluto_messages){ 0 })

/*
 * pluto_messages_match() - finds what a text of pluto tells
 * @text: the output of `ipsec auto --up` or `ipsec up`, or lines of pluto's log, in their order
 * @ret:  each cause once, the most telling first; within a rank, as they stand in the text
 *
 * Retransmissions are told as silence only where the exchange did not get an answer after all:
 * a text that ends in an established SA has none.
 *
 * Return: 0, also when nothing was recognised; -ENOMEM.
 */
int pluto_messages_match(const char *text, struct pluto_messages *ret);

void pluto_messages_done(struct pluto_messages *m);

/*
 * pluto_messages_since_established() - where a log goes on behind its last line that tells of an
 * established Child SA, or IPsec SA of IKEv1; @log itself where it has none
 */
const char *pluto_messages_since_established(const char *log);

/* pluto_causes() - the I-th cause of the table, or NULL after the last; for manual pages */
const struct pluto_cause *pluto_causes(size_t i);

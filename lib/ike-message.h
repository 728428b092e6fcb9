/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * The first message of IKE, in either version, as a question to a peer: whether it speaks that
 * version with this host at all, and which algorithms it takes out of all that are in use. No
 * exchange is ever finished with it.
 *
 * IKEv2: RFC 7296, section 3. IKEv1: RFC 2408, section 3, and RFC 2409, section 5.
 */

/* Enough for each message that ike_question() makes. */
#define IKE_MESSAGE_MAX 1500

#define IKE_SPI_SIZE    8
#define IKE_COOKIE_MAX  64
#define IKE_ENTROPY     1024 /* for the longest public value, and the nonce */
#define IKE_GROUP_FIRST 14   /* MODP2048, which everybody knows */

struct ike_question {
	int version; /* 1 or 2 */
	uint8_t spi[IKE_SPI_SIZE];
	uint8_t random[IKE_ENTROPY]; /* nobody finishes the exchange, so no secret is behind it */
	unsigned int group;          /* of the public value; IKEv2 only */
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len; /* that the peer wants back */
};

/*
 * ike_question_make() - the bytes of the message
 *
 * Return: their number; -EINVAL for another version or a group that is not known.
 */
int ike_question_make(const struct ike_question *q, uint8_t ret[IKE_MESSAGE_MAX]);

enum ike_answer_kind {
	IKE_ANSWER_NONE,        /* not an answer to this question */
	IKE_ANSWER_TAKES,       /* a proposal was chosen */
	IKE_ANSWER_OTHER_GROUP, /* it wants another group: ask again with it */
	IKE_ANSWER_COOKIE,      /* it wants to be asked again with a cookie */
	IKE_ANSWER_REFUSES,     /* no proposal was chosen, or another error */
	IKE_ANSWER_NOT_VERSION, /* it does not speak this version */
};

struct ike_answer {
	enum ike_answer_kind kind;
	unsigned int group;
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len;         /* 0 for any other kind */
	unsigned int notification; /* the number of the error, for IKE_ANSWER_REFUSES */
	char takes[128];           /* "AES_GCM_16_256-HMAC_SHA2_512-MODP2048"; IKEv2 only */
};

/* ike_answer_parse() - reads what came back; whatever is no answer is IKE_ANSWER_NONE */
void ike_answer_parse(const struct ike_question *q, const uint8_t *bytes, size_t len,
		      struct ike_answer *ret);

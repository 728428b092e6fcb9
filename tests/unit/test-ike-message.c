/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-message.h"

#include "unit.h"

static struct ike_question q;
static struct ike_answer a;
static uint8_t bytes[IKE_MESSAGE_MAX];

static size_t ask(int version)
{
	int len;

	q = (struct ike_question){ .version = version, .group = 14, .spi = "spispis" };
	len = ike_question_make(&q, bytes);
	ck_assert_int_gt(len, 28);
	return (size_t)len;
}

/* The answer's header, then what follows it. */
static void answer(int version, uint8_t exchange, uint8_t flags, uint8_t first, const void *body,
		   size_t len)
{
	uint8_t m[512] = { 0 };

	memcpy(m, q.spi, 8);
	m[16] = first;
	m[17] = version == 2 ? 0x20 : 0x10;
	m[18] = exchange;
	m[19] = flags;
	m[26] = (uint8_t)((28 + len) >> 8);
	m[27] = (uint8_t)(28 + len);
	memcpy(m + 28, body, len);
	ike_answer_parse(&q, m, 28 + len, &a);
}

static unsigned int at16(size_t i)
{
	return (unsigned int)bytes[i] << 8 | bytes[i + 1];
}

START_TEST(a_question_says_its_own_length_and_its_payloads_fill_it)
{
	for (int version = 1; version <= 2; version++) {
		size_t len = ask(version), at = 28;
		unsigned int next = bytes[16];

		ck_assert_uint_eq(at16(26), len);
		for (; next; at += at16(at + 2)) {
			ck_assert_uint_le(at + 4, len);
			next = bytes[at];
		}
		ck_assert_uint_eq(at, len);
		ck_assert_uint_lt(len, 1472); /* no fragments on a usual link */
	}
}
END_TEST

START_TEST(each_group_has_its_public_value)
{
	static const unsigned int groups[] = { 5, 14, 15, 16, 19, 20, 21, 31 };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		q = (struct ike_question){ .version = 2, .group = groups[i] };
		ck_assert_int_gt(ike_question_make(&q, bytes), 0);
	}
	q.group = 999;
	ck_assert_int_eq(ike_question_make(&q, bytes), -EINVAL);
	q = (struct ike_question){ .version = 3, .group = 14 };
	ck_assert_int_eq(ike_question_make(&q, bytes), -EINVAL);
}
END_TEST

START_TEST(a_chosen_proposal_is_told_in_words)
{
	static const uint8_t sa[] = {
		0, 0, 0, 40,             /* SA, the last payload */
		0, 0, 0, 36, 1, 1, 0, 3, /* proposal 1 of IKE with 3 transforms */
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 0, 128, /* AES-GCM-16, 128 bits */
		3, 0, 0, 8,  2, 0, 0, 5,                    /* HMAC-SHA2-256 */
		0, 0, 0, 8,  4, 0, 0, 19,                   /* group 19 */
	};

	ask(2);
	answer(2, 34, 0x20, 33, sa, sizeof(sa));
	ck_assert_int_eq(a.kind, IKE_ANSWER_TAKES);
	ck_assert_str_eq(a.takes, "AES_GCM_16_128-HMAC_SHA2_256-DH19");
}
END_TEST

START_TEST(another_group_a_cookie_and_a_refusal_are_told_apart)
{
	static const uint8_t group[] = { 0, 0, 0, 10, 0, 0, 0, 17, 0, 20 };
	static const uint8_t cookie[] = { 0, 0, 0, 12, 0, 0, 0x40, 0x06, 'c', 'o', 'o', 'k' };
	static const uint8_t refusal[] = { 0, 0, 0, 8, 0, 0, 0, 14 };
	static const uint8_t version[] = { 0, 0, 0, 8, 0, 0, 0, 5 };
	static const uint8_t both[] = { 41,  0,   0, 12, 0, 0, 0x40, 0x06, 'c', 'o',
					'o', 'k', 0, 0,  0, 8, 0,    0,    0,   14 };

	ask(2);
	answer(2, 34, 0x20, 41, group, sizeof(group));
	ck_assert_int_eq(a.kind, IKE_ANSWER_OTHER_GROUP);
	ck_assert_uint_eq(a.group, 20);
	answer(2, 34, 0x20, 41, cookie, sizeof(cookie));
	ck_assert_int_eq(a.kind, IKE_ANSWER_COOKIE);
	ck_assert_uint_eq(a.cookie_len, 4);
	answer(2, 34, 0x20, 41, refusal, sizeof(refusal));
	ck_assert_int_eq(a.kind, IKE_ANSWER_REFUSES);
	ck_assert_uint_eq(a.notification, 14);
	answer(2, 34, 0x20, 41, version, sizeof(version));
	ck_assert_int_eq(a.kind, IKE_ANSWER_NOT_VERSION);
	answer(2, 34, 0x20, 41, both, sizeof(both));
	ck_assert_int_eq(a.kind, IKE_ANSWER_REFUSES);
	ck_assert_uint_eq(a.cookie_len, 0);
}
END_TEST

START_TEST(a_cookie_is_sent_back_in_front)
{
	ask(2);
	memcpy(q.cookie, "cook", 4);
	q.cookie_len = 4;
	ck_assert_int_gt(ike_question_make(&q, bytes), 0);
	ck_assert_uint_eq(bytes[16], 41);
	ck_assert_uint_eq(at16(28 + 6), 16390);
	ck_assert_int_eq(memcmp(bytes + 28 + 8, "cook", 4), 0);
	ck_assert_uint_eq(bytes[28], 33);
}
END_TEST

START_TEST(ikev1_answers_with_a_proposal_or_an_error)
{
	static const uint8_t sa[] = { 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1 };
	static const uint8_t refusal[] = { 0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 14 };

	ask(1);
	answer(1, 2, 0, 1, sa, sizeof(sa));
	ck_assert_int_eq(a.kind, IKE_ANSWER_TAKES);
	answer(1, 5, 0, 11, refusal, sizeof(refusal));
	ck_assert_int_eq(a.kind, IKE_ANSWER_REFUSES);
}
END_TEST

START_TEST(what_is_no_answer_to_this_question_is_none)
{
	static const uint8_t refusal[] = { 0, 0, 0, 8, 0, 0, 0, 14 };
	uint8_t m[36] = { 0 };

	ask(2);
	answer(1, 34, 0x20, 41, refusal, sizeof(refusal)); /* of the other version */
	ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
	answer(2, 34, 0x08, 41, refusal, sizeof(refusal)); /* our own question, sent back */
	ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
	answer(2, 37, 0x20, 41, refusal, sizeof(refusal)); /* another exchange */
	ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
	ike_answer_parse(&q, m, sizeof(m), &a); /* another SPI */
	ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
	ike_answer_parse(&q, m, 3, &a);
	ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
}
END_TEST

START_TEST(broken_lengths_are_not_followed)
{
	static const uint8_t bodies[][8] = {
		{ 0, 0, 0, 3, 0, 0, 0, 14 },   /* shorter than its header */
		{ 0, 0, 1, 0, 0, 0, 0, 14 },   /* longer than the message */
		{ 0, 0, 0, 8, 0, 255, 0, 14 }, /* an SPI longer than the payload */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		ask(2);
		answer(2, 34, 0x20, 41, bodies[i], sizeof(bodies[i]));
		ck_assert_int_eq(a.kind, IKE_ANSWER_NONE);
	}
}
END_TEST

UNIT_MAIN("ike-message", a_question_says_its_own_length_and_its_payloads_fill_it,
	  each_group_has_its_public_value, a_chosen_proposal_is_told_in_words,
	  another_group_a_cookie_and_a_refusal_are_told_apart, a_cookie_is_sent_back_in_front,
	  ikev1_answers_with_a_proposal_or_an_error, what_is_no_answer_to_this_question_is_none,
	  broken_lengths_are_not_followed)

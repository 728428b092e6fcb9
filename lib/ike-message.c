/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-message.h"

#include <stdio.h>

/* The header (RFC 7296, 3.1) */
#define HEADER_SIZE      28U
#define VERSION_1        0x10
#define VERSION_2        0x20
#define EXCHANGE_MAIN    2
#define EXCHANGE_INFO    5
#define EXCHANGE_SA_INIT 34
#define FLAG_INITIATOR   0x08
#define FLAG_RESPONSE    0x20

/* Payloads of both versions */
#define PAYLOAD_V1_SA     1
#define PAYLOAD_V1_NOTIFY 11
#define PAYLOAD_SA        33
#define PAYLOAD_KE        34
#define PAYLOAD_NONCE     40
#define PAYLOAD_NOTIFY    41

/* Notifications: the errors have the same numbers in both versions. */
#define NOTIFY_INVALID_MAJOR_VERSION 5
#define NOTIFY_NO_PROPOSAL_CHOSEN    14
#define NOTIFY_INVALID_KE_PAYLOAD    17
#define NOTIFY_COOKIE                16390
#define NOTIFY_FIRST_STATUS          16384

#define NONCE_SIZE 32U

/* ---- writing ---- */

struct writer {
	uint8_t *bytes;
	size_t len;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
	if (len > IKE_MESSAGE_MAX - w->len)
		len = IKE_MESSAGE_MAX - w->len;
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static void put8(struct writer *w, unsigned int v)
{
	const uint8_t byte = (uint8_t)v;

	put(w, &byte, 1);
}

static void put16(struct writer *w, unsigned int v)
{
	put8(w, v >> 8);
	put8(w, v & 0xff);
}

static void put32(struct writer *w, uint32_t v)
{
	put16(w, v >> 16);
	put16(w, v & 0xffff);
}

static void set16(struct writer *w, size_t at, size_t v)
{
	w->bytes[at] = (uint8_t)(v >> 8);
	w->bytes[at + 1] = (uint8_t)v;
}

/* The generic header of a payload, proposal or transform; its length is filled in by end(). */
static size_t begin(struct writer *w, unsigned int next)
{
	size_t at = w->len;

	put8(w, next);
	put8(w, 0);
	put16(w, 0);
	return at;
}

static void end(struct writer *w, size_t at)
{
	set16(w, at + 2, w->len - at);
}

static void put_header(struct writer *w, const struct ike_question *q, unsigned int first,
		       unsigned int version, unsigned int exchange, unsigned int flags)
{
	const uint8_t zero[IKE_SPI_SIZE] = { 0 };

	put(w, q->spi, sizeof(q->spi));
	put(w, zero, sizeof(zero));
	put8(w, first);
	put8(w, version);
	put8(w, exchange);
	put8(w, flags);
	put32(w, 0); /* message ID */
	put32(w, 0); /* length */
}

static int finish(struct writer *w)
{
	w->bytes[24] = w->bytes[25] = 0;
	set16(w, 26, w->len);
	return (int)w->len;
}

/* ---- IKEv2 ---- */

enum transform_type {
	ENCR = 1,
	PRF = 2,
	INTEG = 3,
	DH = 4,
};

/* The numbers are IANA's; the names are those that pluto prints. */
struct transform {
	enum transform_type type;
	unsigned int id;
	unsigned int key_bits;
	const char *name;
	bool aead;
};

static const struct transform transforms[] = {
	{ ENCR, 20, 256, "AES_GCM_16_256", true },
	{ ENCR, 20, 128, "AES_GCM_16_128", true },
	{ ENCR, 28, 0, "CHACHA20_POLY1305", true },
	{ ENCR, 12, 256, "AES_CBC_256", false },
	{ ENCR, 12, 192, "AES_CBC_192", false },
	{ ENCR, 12, 128, "AES_CBC_128", false },
	{ ENCR, 3, 0, "3DES_CBC", false },
	{ PRF, 7, 0, "HMAC_SHA2_512", true },
	{ PRF, 6, 0, "HMAC_SHA2_384", true },
	{ PRF, 5, 0, "HMAC_SHA2_256", true },
	{ PRF, 2, 0, "HMAC_SHA1", true },
	{ INTEG, 14, 0, "HMAC_SHA2_512_256", false },
	{ INTEG, 13, 0, "HMAC_SHA2_384_192", false },
	{ INTEG, 12, 0, "HMAC_SHA2_256_128", false },
	{ INTEG, 2, 0, "HMAC_SHA1_96", false },
	{ DH, 14, 0, "MODP2048", true },
	{ DH, 15, 0, "MODP3072", true },
	{ DH, 16, 0, "MODP4096", true },
	{ DH, 18, 0, "MODP8192", true },
	{ DH, 19, 0, "DH19", true },
	{ DH, 20, 0, "DH20", true },
	{ DH, 21, 0, "DH21", true },
	{ DH, 31, 0, "DH31", true },
	{ DH, 5, 0, "MODP1536", true },
};

/* The public value's length of each group (RFC 3526, 5903, 8031). */
static const struct {
	unsigned int group;
	unsigned int size;
} groups[] = {
	{ 5, 192 }, { 14, 256 }, { 15, 384 }, { 16, 512 }, { 18, 1024 },
	{ 19, 64 }, { 20, 96 },  { 21, 132 }, { 31, 32 },
};

static unsigned int size_of_group(unsigned int group)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].group == group)
			return groups[i].size;
	return 0;
}

/* Ciphers with a check of their own stand in one proposal, those without in another. */
static bool belongs(const struct transform *t, bool aead)
{
	return t->type == ENCR ? t->aead == aead : t->type == INTEG ? !aead : true;
}

static void put_proposal(struct writer *w, unsigned int number, bool last, bool aead)
{
	size_t at = begin(w, last ? 0 : 2);
	unsigned int n = 0, done = 0;

	for (size_t i = 0; i < ARRAY_SIZE(transforms); i++)
		n += belongs(&transforms[i], aead);
	put8(w, number);
	put8(w, 1); /* IKE */
	put8(w, 0); /* no SPI */
	put8(w, n);
	for (size_t i = 0; i < ARRAY_SIZE(transforms); i++) {
		const struct transform *t = &transforms[i];
		size_t inner;

		if (!belongs(t, aead))
			continue;
		inner = begin(w, ++done == n ? 0 : 3);
		put8(w, t->type);
		put8(w, 0);
		put16(w, t->id);
		if (t->key_bits) {
			put16(w, 0x8000 | 14); /* key length */
			put16(w, t->key_bits);
		}
		end(w, inner);
	}
	end(w, at);
}

static int make_v2(const struct ike_question *q, struct writer *w)
{
	unsigned int size = size_of_group(q->group);
	size_t at;

	if (size == 0 || q->cookie_len > sizeof(q->cookie))
		return -EINVAL;
	put_header(w, q, q->cookie_len ? PAYLOAD_NOTIFY : PAYLOAD_SA, VERSION_2, EXCHANGE_SA_INIT,
		   FLAG_INITIATOR);
	if (q->cookie_len) {
		at = begin(w, PAYLOAD_SA);
		put16(w, 0);
		put16(w, NOTIFY_COOKIE);
		put(w, q->cookie, q->cookie_len);
		end(w, at);
	}
	at = begin(w, PAYLOAD_KE);
	put_proposal(w, 1, false, true);
	put_proposal(w, 2, true, false);
	end(w, at);

	at = begin(w, PAYLOAD_NONCE);
	put16(w, q->group);
	put16(w, 0);
	put(w, q->random, size);
	end(w, at);

	at = begin(w, 0);
	put(w, q->random, NONCE_SIZE);
	end(w, at);
	return finish(w);
}

/* ---- IKEv1 ---- */

static void put_attribute(struct writer *w, unsigned int type, unsigned int value)
{
	put16(w, 0x8000 | type);
	put16(w, value);
}

static int make_v1(const struct ike_question *q, struct writer *w)
{
	static const unsigned int bits[] = { 256, 128 }, hashes[] = { 6, 4, 2 }, /* SHA2, SHA1 */
		methods[] = { 1, 3 },    /* PSK, RSA signatures */
		modps[] = { 14, 5, 15 }; /* groups */
	const size_t n =
		ARRAY_SIZE(bits) * ARRAY_SIZE(hashes) * ARRAY_SIZE(methods) * ARRAY_SIZE(modps);
	size_t sa, proposal;

	put_header(w, q, PAYLOAD_V1_SA, VERSION_1, EXCHANGE_MAIN, 0);
	sa = begin(w, 0);
	put32(w, 1); /* DOI: IPsec */
	put32(w, 1); /* situation: identity only */
	proposal = begin(w, 0);
	put8(w, 0); /* number */
	put8(w, 1); /* ISAKMP */
	put8(w, 0); /* no SPI */
	put8(w, (unsigned int)n);
	for (size_t i = 0; i < n; i++) {
		size_t rest = i, at = begin(w, i + 1 == n ? 0 : 3);

		put8(w, (unsigned int)i);
		put8(w, 1); /* KEY_IKE */
		put16(w, 0);
		put_attribute(w, 1, 7); /* AES-CBC */
		put_attribute(w, 14, bits[rest % ARRAY_SIZE(bits)]);
		rest /= ARRAY_SIZE(bits);
		put_attribute(w, 2, hashes[rest % ARRAY_SIZE(hashes)]);
		rest /= ARRAY_SIZE(hashes);
		put_attribute(w, 3, methods[rest % ARRAY_SIZE(methods)]);
		rest /= ARRAY_SIZE(methods);
		put_attribute(w, 4, modps[rest]);
		put_attribute(w, 11, 1); /* life in seconds */
		put_attribute(w, 12, 3600);
		end(w, at);
	}
	end(w, proposal);
	end(w, sa);
	return finish(w);
}

int ike_question_make(const struct ike_question *q, uint8_t ret[IKE_MESSAGE_MAX])
{
	struct writer w = { .bytes = ret };

	if (q->version == 2)
		return make_v2(q, &w);
	return q->version == 1 ? make_v1(q, &w) : -EINVAL;
}

/* ---- reading ---- */

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static bool is_answer(const struct ike_question *q, const uint8_t *b, size_t len)
{
	return len >= HEADER_SIZE && memcmp(b, q->spi, IKE_SPI_SIZE) == 0 &&
	       ((size_t)get16(b + 24) << 16 | get16(b + 26)) == len;
}

/* A step from payload to payload; false at the end, and where one is broken. */
static bool next_payload(const uint8_t *bytes, size_t len, size_t *at, unsigned int *next,
			 const uint8_t **ret_body, size_t *ret_len)
{
	size_t size;

	if (*next == 0 || len - *at < 4)
		return false;
	size = get16(bytes + *at + 2);
	if (size < 4 || size > len - *at)
		return false;
	*ret_body = bytes + *at + 4;
	*ret_len = size - 4;
	*next = bytes[*at];
	*at += size;
	return true;
}

static const struct transform *transform_of(const uint8_t *body, size_t len)
{
	unsigned int bits = 0;

	if (len < 4)
		return NULL;
	if (len >= 8 && get16(body + 4) == (0x8000 | 14))
		bits = get16(body + 6);
	for (size_t i = 0; i < ARRAY_SIZE(transforms); i++)
		if (transforms[i].type == body[0] && transforms[i].id == get16(body + 2) &&
		    transforms[i].key_bits == bits)
			return &transforms[i];
	return NULL;
}

/* The first proposal of an SA payload, as a word. */
static void read_sa(const uint8_t *body, size_t len, char *takes, size_t size)
{
	const uint8_t *proposal, *t;
	size_t at = 0, proposal_len, t_len, used = 0;
	unsigned int next = 2;

	if (!next_payload(body, len, &at, &next, &proposal, &proposal_len) || proposal_len < 4 ||
	    proposal_len - 4 < proposal[2])
		return;
	at = 4 + (size_t)proposal[2];
	next = 3;
	while (next_payload(proposal, proposal_len, &at, &next, &t, &t_len)) {
		const struct transform *known = transform_of(t, t_len);

		if (!known || used >= size)
			continue;
		used += (size_t)snprintf(takes + used, size - used, "%s%s", used ? "-" : "",
					 known->name);
	}
}

static void read_notify(const uint8_t *data, size_t len, unsigned int type, struct ike_answer *a)
{
	if (type == NOTIFY_INVALID_KE_PAYLOAD && len >= 2) {
		a->kind = IKE_ANSWER_OTHER_GROUP;
		a->group = get16(data);
	} else if (type == NOTIFY_COOKIE && len > 0 && len <= sizeof(a->cookie)) {
		a->kind = IKE_ANSWER_COOKIE;
		memcpy(a->cookie, data, len);
		a->cookie_len = len;
	} else if (type == NOTIFY_INVALID_MAJOR_VERSION) {
		a->kind = IKE_ANSWER_NOT_VERSION;
	} else if (type < NOTIFY_FIRST_STATUS) {
		a->kind = IKE_ANSWER_REFUSES;
		a->notification = type;
	}
}

static void parse_v2(const uint8_t *b, size_t len, struct ike_answer *a)
{
	unsigned int next = b[16], this;
	size_t at = HEADER_SIZE, body_len;
	const uint8_t *body;

	if (b[17] >> 4 != 2 || b[18] != EXCHANGE_SA_INIT || !(b[19] & FLAG_RESPONSE))
		return;
	for (this = next; next_payload(b, len, &at, &next, &body, &body_len); this = next) {
		if (this == PAYLOAD_SA) {
			a->kind = IKE_ANSWER_TAKES;
			read_sa(body, body_len, a->takes, sizeof(a->takes));
			return;
		}
		if (this == PAYLOAD_NOTIFY && body_len >= 4 && body_len - 4 >= body[1])
			read_notify(body + 4 + body[1], body_len - 4 - body[1], get16(body + 2), a);
	}
}

static void parse_v1(const uint8_t *b, size_t len, struct ike_answer *a)
{
	unsigned int next = b[16], this;
	size_t at = HEADER_SIZE, body_len;
	const uint8_t *body;

	if (b[17] >> 4 != 1)
		return;
	for (this = next; next_payload(b, len, &at, &next, &body, &body_len); this = next) {
		if (this == PAYLOAD_V1_SA && b[18] == EXCHANGE_MAIN) {
			a->kind = IKE_ANSWER_TAKES;
			return;
		}
		if (this == PAYLOAD_V1_NOTIFY && body_len >= 8)
			read_notify(body + 8, body_len - 8, get16(body + 6), a);
	}
}

void ike_answer_parse(const struct ike_question *q, const uint8_t *bytes, size_t len,
		      struct ike_answer *ret)
{
	*ret = (struct ike_answer){ .kind = IKE_ANSWER_NONE };
	if (!is_answer(q, bytes, len))
		return;
	if (q->version == 2)
		parse_v2(bytes, len, ret);
	else
		parse_v1(bytes, len, ret);
	/* What came behind it decides. */
	if (ret->kind != IKE_ANSWER_COOKIE)
		ret->cookie_len = 0;
}

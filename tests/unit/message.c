/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#include <assert.h>
#include <check.h>

void message_begin(struct message *m, uint16_t type, const void *head, size_t size)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_type = type;
	m->header.nlmsg_len = NLMSG_HDRLEN + (uint32_t)NLMSG_ALIGN(size);
	if (size > 0)
		memcpy(m->bytes + NLMSG_HDRLEN, head, size);
}

size_t message_put(struct message *m, int type, const void *data, size_t size)
{
	const struct nlattr a = {
		.nla_len = (uint16_t)(NLA_HDRLEN + size),
		.nla_type = (uint16_t)type,
	};
	size_t at = m->header.nlmsg_len;
	uint8_t *p = (uint8_t *)m + at;

	assert(at + NLA_HDRLEN + NLA_ALIGN(size) <= sizeof(*m));
	memcpy(p, &a, sizeof(a));
	if (size > 0)
		memcpy(p + NLA_HDRLEN, data, size);
	m->header.nlmsg_len += (uint32_t)(NLA_HDRLEN + NLA_ALIGN(size));
	return at;
}

size_t message_put_u8(struct message *m, int type, uint8_t v)
{
	return message_put(m, type, &v, sizeof(v));
}

size_t message_put_u16(struct message *m, int type, uint16_t v)
{
	return message_put(m, type, &v, sizeof(v));
}

size_t message_put_u32(struct message *m, int type, uint32_t v)
{
	return message_put(m, type, &v, sizeof(v));
}

size_t message_put_text(struct message *m, int type, const char *text)
{
	return message_put(m, type, text, strlen(text) + 1);
}

size_t message_nest(struct message *m, int type)
{
	return message_put(m, type, NULL, 0);
}

void message_lie(struct message *m, size_t at, size_t len)
{
	const uint16_t lie = (uint16_t)len;

	memcpy(m->bytes + at, &lie, sizeof(lie));
}

void message_nest_end(struct message *m, size_t at)
{
	message_lie(m, at, m->header.nlmsg_len - at);
}

struct nlmsghdr *message_copy(const struct message *m, size_t len)
{
	struct nlmsghdr *copy = malloc(len);

	assert(copy && len >= NLMSG_HDRLEN);
	memcpy(copy, m->bytes, len);
	copy->nlmsg_len = (uint32_t)len;
	return copy;
}

void message_damage(const struct message *m, int (*parse)(const struct nlmsghdr *h))
{
	static const uint8_t others[] = { 0x00, 0x01, 0x04, 0x05, 0x7f, 0x80, 0xff };

	for (size_t len = NLMSG_HDRLEN; len < m->header.nlmsg_len; len++) {
		struct nlmsghdr *copy = message_copy(m, len);
		int r = parse(copy);

		ck_assert_msg(r == 0 || r == -EBADMSG || r == -ENOMSG, "cut at %zu: %i", len, r);
		free(copy);
	}

	/* The first four bytes are the length, which the receiver has checked. */
	for (size_t i = 4; i < m->header.nlmsg_len; i++)
		for (size_t j = 0; j < ARRAY_SIZE(others); j++) {
			struct nlmsghdr *copy = message_copy(m, m->header.nlmsg_len);
			int r;

			((uint8_t *)copy)[i] = others[j];
			r = parse(copy);
			ck_assert_msg(r == 0 || r == -EBADMSG || r == -ENOMSG,
				      "byte %zu as 0x%02x: %i", i, others[j], r);
			free(copy);
		}
}

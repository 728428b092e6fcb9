/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "base.h"

/*
 * Netlink messages, byte by byte, for the tests of what reads them. They are made here and not by
 * libnl, so that both sides of a test are not the same code, and so that lengths can be made to
 * lie.
 */
struct message {
	union {
		struct nlmsghdr header;
		uint8_t bytes[16384];
	};
};

/* Starts a message with the header of its own that it has behind netlink's. */
void message_begin(struct message *m, uint16_t type, const void *head, size_t size);

/* Puts an attribute and returns the offset it has in the message. */
size_t message_put(struct message *m, int type, const void *data, size_t size);
size_t message_put_u8(struct message *m, int type, uint8_t v);
size_t message_put_u16(struct message *m, int type, uint16_t v);
size_t message_put_u32(struct message *m, int type, uint32_t v);
size_t message_put_text(struct message *m, int type, const char *text);

/* What is put until message_nest_end() is inside of this attribute. */
size_t message_nest(struct message *m, int type);
void message_nest_end(struct message *m, size_t at);

/* Makes the attribute at an offset claim another length. */
void message_lie(struct message *m, size_t at, size_t len);

/*
 * A copy that ends where the message does, so that the address sanitizer sees any byte that is read
 * behind it; and which may be cut shorter.
 */
struct nlmsghdr *message_copy(const struct message *m, size_t len);

/*
 * Hands a message to a parser in all the ways in which it can be damaged: cut at each byte, and
 * with each byte replaced by some others. The parser shall answer with one of three.
 */
void message_damage(const struct message *m, int (*parse)(const struct nlmsghdr *h));

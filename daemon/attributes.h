/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/netlink.h>

#include "base.h"

/*
 * Netlink attributes, taken strictly. libnl's nla_parse() passes silently over what is cut off at
 * the end and lets the last of two equal attributes win; here the first is malformed, and the first
 * wins, as the rest of a message whose lengths are wrong is the less to be believed. Nothing here
 * does any I/O.
 */

/*
 * attributes_parse() - sorts attributes by their type
 * @bytes, @len: a row of attributes, aligned as in a message
 * @max: the highest type that is wanted
 * @ret: max + 1 pointers, each to the attribute or NULL; undefined after an error
 *
 * Types above @max are passed over.
 *
 * Return: 0; -EBADMSG when a length lies or bytes are left over.
 */
int attributes_parse(const void *bytes, size_t len, int max,
		     const struct nlattr **ret) _must_check_;

/* attributes_parse_nested() - the same for what is in an attribute */
int attributes_parse_nested(const struct nlattr *a, int max,
			    const struct nlattr **ret) _must_check_;

/*
 * attributes_parse_message() - the same for those of a message, behind its own header
 * @header: the size of that header
 */
int attributes_parse_message(const struct nlmsghdr *h, size_t header, int max,
			     const struct nlattr **ret) _must_check_;

/* attribute_size() - the number of bytes in an attribute */
size_t attribute_size(const struct nlattr *a);

/*
 * attribute_get() - copies a fixed-size value out of an attribute
 * @a: the attribute; NULL is fine and leaves @ret as it is
 *
 * A longer attribute is fine as well: the kernel's structs grow at the end.
 *
 * Return: 0; -EBADMSG when it is too short.
 */
int attribute_get(const struct nlattr *a, void *ret, size_t size) _must_check_;

/*
 * attribute_get_name() - copies a text out of an attribute
 * @a: the attribute; NULL is fine and leaves @ret as it is
 *
 * Return: 0; -EBADMSG when there is no NUL within the attribute, or the text does not fit.
 */
int attribute_get_name(const struct nlattr *a, char *ret, size_t size) _must_check_;

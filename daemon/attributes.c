/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"

#include <limits.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

int attributes_parse(const void *bytes, size_t len, int max, const struct nlattr **ret)
{
	const struct nlattr *a = bytes;
	int rest;

	if (len > INT_MAX)
		return -EBADMSG;

	memset(ret, 0, ((size_t)max + 1) * sizeof(*ret));

	for (rest = (int)len; nla_ok(a, rest); a = nla_next(a, &rest)) {
		int type = nla_type(a);

		if (type <= max && !ret[type])
			ret[type] = a;
	}

	/* nla_next() takes the padding off as well, which the last attribute may lack. */
	return rest > 0 ? -EBADMSG : 0;
}

int attributes_parse_nested(const struct nlattr *a, int max, const struct nlattr **ret)
{
	return attributes_parse(nla_data(a), attribute_size(a), max, ret);
}

int attributes_parse_message(const struct nlmsghdr *h, size_t header, int max,
			     const struct nlattr **ret)
{
	size_t size = NLMSG_ALIGN(header);

	if (h->nlmsg_len < NLMSG_HDRLEN + size)
		return -EBADMSG;

	return attributes_parse((const char *)nlmsg_data(h) + size,
				h->nlmsg_len - NLMSG_HDRLEN - size, max, ret);
}

size_t attribute_size(const struct nlattr *a)
{
	return (size_t)nla_len(a);
}

int attribute_get(const struct nlattr *a, void *ret, size_t size)
{
	if (!a)
		return 0;
	if (attribute_size(a) < size)
		return -EBADMSG;
	memcpy(ret, nla_data(a), size);
	return 0;
}

int attribute_get_name(const struct nlattr *a, char *ret, size_t size)
{
	size_t len;

	if (!a)
		return 0;
	len = strnlen(nla_data(a), attribute_size(a));
	if (len == attribute_size(a) || len >= size)
		return -EBADMSG;
	memcpy(ret, nla_data(a), len + 1);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"
#include "netlink-input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ struct nlmsghdr *h = netlink_input(data, size);
	struct link_message m;
	int r;

	if (!h)
		return 0;

	memset(&m, 0x5a, sizeof(m));
	r = link_parse(h, &m);
	FUZZ_CHECK(r == 0 || r == -ENOMSG || r == -EBADMSG);
	if (r < 0) {
		FUZZ_CHECK(fuzz_untouched(&m, sizeof(m), 0x5a));
		return 0;
	}

	FUZZ_CHECK(m.link.ifindex > 0);
	FUZZ_CHECK(m.link.name[0] != '\0');
	FUZZ_CHECK(memchr(m.link.name, '\0', sizeof(m.link.name)));
	FUZZ_CHECK(memchr(m.link.kind, '\0', sizeof(m.link.kind)));
	FUZZ_CHECK(m.link.master >= 0 && m.link.lower >= 0);
	FUZZ_CHECK(m.link.bond.active_port >= 0 && m.link.bond.primary >= 0);
	return 0;
}

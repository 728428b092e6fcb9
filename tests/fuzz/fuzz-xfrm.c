/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink-input.h"
#include "xfrm.h"

static void as_sa(const struct nlmsghdr *h)
{
	static const struct facts_address own = { .ifindex = 1, .ip = { 2, { 192, 0, 2, 1 } } };
	struct facts_sa sa;
	int r;

	memset(&sa, 0x5a, sizeof(sa));
	r = xfrm_parse(h, &own, 1, &sa);
	FUZZ_CHECK(r == 0 || r == -ENOMSG || r == -EBADMSG);
	if (r < 0) {
		FUZZ_CHECK(fuzz_untouched(&sa, sizeof(sa), 0x5a));
		return;
	}
	FUZZ_CHECK(memchr(sa.cipher, '\0', sizeof(sa.cipher)));
	FUZZ_CHECK(sa.direction == FACTS_IN || sa.direction == FACTS_OUT);
	FUZZ_CHECK(sa.offload_link >= 0);
	FUZZ_CHECK(sa.source.family != 0 && sa.source.family == sa.destination.family);
}

static void as_change(const struct nlmsghdr *h)
{
	struct xfrm_message m;
	int r;

	memset(&m, 0x5a, sizeof(m));
	r = xfrm_parse_change(h, &m);
	FUZZ_CHECK(r == 0 || r == -ENOMSG || r == -EBADMSG);
	FUZZ_CHECK(r == 0 || fuzz_untouched(&m, sizeof(m), 0x5a));
}

static void as_flow(const struct nlmsghdr *h)
{
	struct facts_flow flow;
	int r;

	memset(&flow, 0x5a, sizeof(flow));
	r = xfrm_parse_flow(h, &flow);
	FUZZ_CHECK(r == 0 || r == -ENOMSG || r == -EBADMSG);
	if (r < 0) {
		FUZZ_CHECK(fuzz_untouched(&flow, sizeof(flow), 0x5a));
		return;
	}
	FUZZ_CHECK(flow.reqid != 0);
	FUZZ_CHECK(flow.source.family != 0 && flow.source.family == flow.destination.family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ struct nlmsghdr *h = netlink_input(data, size);

	if (h) {
		as_sa(h);
		as_change(h);
		as_flow(h);
	}
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ethtool-netlink.h"
#include "netlink-input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ struct nlmsghdr *h = netlink_input(data, size);
	struct ethtool_bit bit;
	int r;

	if (!h)
		return 0;

	r = ethtool_netlink_parse_feature(h, "esp-hw-offload", &bit);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	FUZZ_CHECK(r < 0 || bit.known || (!bit.can_change && !bit.on));
	return 0;
}

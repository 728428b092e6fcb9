/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "firewall.h"
#include "fuzz.h"

/* Any bytes as the output of iptables-save, and a packet led through what came of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_firewall_ struct firewall f = FIREWALL_NULL;
	const struct firewall_packet p = { .source = { AF_INET, { 10, 0, 2, 33 } },
					   .destination = { AF_INET, { 192, 168, 0, 1 } },
					   .protocol = 17,
					   .source_port = 500,
					   .destination_port = 500,
					   .out_device = "bond0",
					   .state = FIREWALL_STATE_NEW };
	struct firewall_answer a;
	_cleanup_free_ char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	FUZZ_CHECK(firewall_read_iptables(text, AF_INET, NULL, &f) == 0);
	for (int hook = FIREWALL_PREROUTING; hook <= FIREWALL_POSTROUTING; hook++) {
		enum firewall_fate fate = firewall_judge(&f, (enum firewall_hook)hook, &p, &a);

		/* Whoever stops a packet is told. */
		FUZZ_CHECK((fate == FIREWALL_PASSES) == (a.chain == NULL));
	}
	FUZZ_CHECK((firewall_translation(&f, &p, &p.source, &a) == FIREWALL_KEEPS) ==
		   (a.chain == NULL));
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "fuzz.h"
#include "nft-rules.h"

/* Any bytes as the JSON of nf_tables, and as its listing; a packet led through what came of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(nft_foreign_done) struct nft_foreign foreign = { 0 };
	_cleanup_firewall_ struct firewall f = FIREWALL_NULL;
	const struct firewall_packet p = { .source = { AF_INET, { 10, 0, 2, 33 } },
					   .destination = { AF_INET, { 192, 168, 0, 1 } },
					   .protocol = 50,
					   .out_device = "bond0",
					   .encrypts = true };
	struct firewall_answer a;
	_cleanup_free_ char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (nft_rules_parse(text, size, text, &f, &foreign) < 0)
		return 0;
	for (int hook = FIREWALL_PREROUTING; hook <= FIREWALL_POSTROUTING; hook++)
		(void)firewall_judge(&f, (enum firewall_hook)hook, &p, &a);
	(void)firewall_translation(&f, &p, &p.source, &a);
	return 0;
}

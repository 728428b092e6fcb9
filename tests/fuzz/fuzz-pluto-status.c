/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "pluto-status.h"

/* Any bytes as what `ipsec trafficstatus` and `ipsec showstates` print. */

static void as_tunnels(const char *text)
{
	struct facts_tunnel *tunnels = NULL;
	size_t n = 0;

	FUZZ_CHECK(pluto_tunnels_parse(text, &tunnels, &n) == 0);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(tunnels[i].conn && tunnels[i].conn[0] && strstr(text, tunnels[i].conn));
	pluto_tunnels_free(tunnels, n);
}

static void as_sas(const char *text)
{
	struct pluto_sas s = PLUTO_SAS_NULL;

	FUZZ_CHECK(pluto_sas_parse(text, &s) == 0);
	for (size_t i = 0; i < s.n; i++)
		FUZZ_CHECK(s.items[i].destination.family != 0);
	pluto_sas_done(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (size > 100000)
		return 0;
	text = strndup((const char *)data, size);
	FUZZ_CHECK(text);
	as_tunnels(text);
	as_sas(text);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include <check.h>

#include "ethtool.h"
#include "names.h"

/* ---- the test's side ---- */

void kernel_takes_esp_from(const char *name)
{
	struct fake_bond *bond;
	size_t i;

	kernel_port_named(name, &bond, &i);
	bond->esp[i] = false;
}

/* ---- the adapters' side ---- */

struct ethtool {
	int unused;
};

int ethtool_open(struct ethtool **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct ethtool *ethtool_close(struct ethtool *e)
{
	free(e);
	return NULL;
}

int ethtool_get_driver(struct ethtool *e _unused_, const char *name _unused_,
		       struct facts_driver *ret)
{
	*ret = (struct facts_driver){ .name = "ixgbe" };
	return 0;
}

int ethtool_get_feature(struct ethtool *e _unused_, const char *name, const char *feature,
			enum facts_feature *ret)
{
	struct fake_bond *bond;
	int r = kernel_may_answer();
	size_t i;

	if (r < 0)
		return r;
	ck_assert_str_eq(feature, FEATURE_ESP_HW_OFFLOAD);
	*ret = FACTS_FEATURE_ON;
	for (size_t b = 0; b < kernel.n; b++)
		if (streq(name, kernel.bonds[b].link.name)) {
			*ret = kernel.bonds[b].feature_off ? FACTS_FEATURE_OFF : FACTS_FEATURE_ON;
			return 0;
		}
	kernel_port_named(name, &bond, &i);
	*ret = bond->esp[i] ? FACTS_FEATURE_ON : FACTS_FEATURE_FIXED_OFF;
	return 0;
}

int ethtool_get_counters(struct ethtool *e _unused_, const char *name, struct facts_counters *ret)
{
	struct fake_bond *bond;
	int r = kernel_may_answer();
	size_t i;

	if (r < 0)
		return r;
	kernel_port_named(name, &bond, &i);
	if (!bond->esp[i])
		return -ENOENT;
	*ret = bond->counters[i];
	return 0;
}

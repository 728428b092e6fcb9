/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-faults.h"

#include <ctype.h>

/* bond_ipsec_offload_ok() and bond_ipsec_del_sa() used the active port without looking if there
 * is one: since 18cb261afd7b (5.9), fixed in each stable series at its own time. */
#define NO_ACTIVE_PORT                                                                             \
	"with offloaded SAs, a moment without an active port, or one in which it changes, can "    \
	"crash the kernel (a NULL pointer is followed in the bonding driver)"

#define CVES "CVE-2024-44990 and CVE-2024-44989, drivers/net/bonding/bond_main.c"

#define NEVER                                                                                      \
	{                                                                                          \
		0, 0, 0                                                                            \
	}

static const struct kernel_fault faults[] = {
	{ { 5, 9, 0 }, { 5, 10, 225 }, NO_ACTIVE_PORT, CVES, "update to 5.10.225 or later", NEVER },
	{ { 5, 11, 0 },
	  { 5, 15, 166 },
	  NO_ACTIVE_PORT,
	  CVES,
	  "update to 5.15.166 or later",
	  NEVER },
	{ { 5, 16, 0 }, { 6, 1, 107 }, NO_ACTIVE_PORT, CVES, "update to 6.1.107 or later", NEVER },
	{ { 6, 2, 0 }, { 6, 6, 48 }, NO_ACTIVE_PORT, CVES, "update to 6.6.48 or later", NEVER },
	{ { 6, 7, 0 }, { 6, 10, 7 }, NO_ACTIVE_PORT, CVES, "update to 6.10.7 or later", NEVER },
	/* The backport sets xso.real_dev after xdo_dev_state_add(), while the drivers of 6.12 read
	 * it in there and find the bond: they write into memory that is not theirs. Read in .117
	 * and .118, and seen in .118 with a card that reads it as ixgbe does: a panic at the next
	 * SA. Later ones could not be looked at. */
	{ { 6, 12, 37 },
	  { 6, 13, 0 },
	  "an SA is added to the wrong device, where the driver writes into memory that is not its "
	  "own, and the kernel crashes (the bonding driver names the port to the port's driver "
	  "only after asking it)",
	  "drivers/net/bonding/bond_main.c of 6.12.37 to 6.12.118, bond_ipsec_add_sa()",
	  "use another series (6.1 and 7.2 are right), or a 6.12 in which it is mended, should "
	  "there be one later than 6.12.118",
	  { 6, 12, 119 } },
};

static int compare(const struct kernel_version *a, const struct kernel_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return (a->patch > b->patch) - (a->patch < b->patch);
}

/* Return: what follows the number, or NULL when there is none. */
static const char *read_number(const char *s, unsigned int *ret)
{
	unsigned int n = 0;

	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++) {
		if (n > 99999)
			return NULL;
		n = n * 10 + (unsigned int)(*s - '0');
	}
	*ret = n;
	return s;
}

/* "6.1", "6.1.76": without a patch level it is 0. Return: what follows, or NULL. */
static const char *read_version(const char *s, struct kernel_version *ret)
{
	struct kernel_version v = { 0 };

	s = read_number(s, &v.major);
	if (!s || *s != '.')
		return NULL;
	s = read_number(s + 1, &v.minor);
	if (s && *s == '.')
		s = read_number(s + 1, &v.patch);
	if (s)
		*ret = v;
	return s;
}

enum kernel_known kernel_version_of(const char *release, const char *build,
				    struct kernel_version *ret)
{
	static const char debian[] = "Debian ";
	const char *in_build = strstr(build, debian);
	struct kernel_version v;
	const char *rest;

	if (in_build && read_version(in_build + strlen(debian), &v)) {
		*ret = v;
		return KERNEL_EXACT;
	}

	rest = read_version(release, &v);
	if (!rest)
		return KERNEL_UNKNOWN;
	*ret = v;
	if (strstr(rest, ".el"))
		return KERNEL_VENDOR;
	/* "6.8.0-45-generic" is made of some 6.8.N; "6.8.0" alone is what it says. */
	return v.patch == 0 && *rest == '-' ? KERNEL_SERIES : KERNEL_EXACT;
}

static bool has_fault(enum kernel_known known, const struct kernel_version *v,
		      const struct kernel_fault *f)
{
	const struct kernel_version last_of_series = { v->major, v->minor, UINT32_MAX };

	if (known == KERNEL_EXACT)
		return compare(v, &f->from) >= 0 && compare(v, &f->until) < 0;
	if (known == KERNEL_SERIES)
		return compare(&last_of_series, &f->from) >= 0 && compare(v, &f->until) < 0;
	return false;
}

bool kernel_fault_blocks(enum kernel_known known, struct kernel_version version,
			 const struct kernel_fault *f)
{
	return known == KERNEL_EXACT && compare(&version, &f->blocks_until) < 0;
}

const struct kernel_fault *kernel_next_fault(enum kernel_known known, struct kernel_version version,
					     const struct kernel_fault *after)
{
	for (size_t i = after ? (size_t)(after - faults) + 1 : 0; i < ARRAY_SIZE(faults); i++)
		if (has_fault(known, &version, &faults[i]))
			return &faults[i];
	return NULL;
}

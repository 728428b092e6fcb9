/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <arpa/inet.h>

#include "ipsec-conf.h"

struct facts_profile *facts_profiles_free(struct facts_profile *profiles, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(profiles[i].id);
		free(profiles[i].path);
		free(profiles[i].device_path);
		free(profiles[i].filename);
	}
	free(profiles);
	return NULL;
}

struct facts *facts_free(struct facts *f)
{
	if (!f)
		return NULL;

	for (size_t i = 0; i < f->n_tunnels; i++) {
		free(f->tunnels[i].conn);
		free(f->tunnels[i].ike_conn);
	}

	free(f->links);
	free(f->addresses);
	facts_profiles_free(f->profiles, f->n_profiles);
	free(f->tunnels);
	free(f->sas);
	ipsec_conf_free(f->conf);
	free(f);
	return NULL;
}

bool facts_is_incomplete(const struct facts *f)
{
	bool pluto_silent =
		f->ipsec_installed && f->ipsec_unit == FACTS_UNIT_ACTIVE && !f->pluto_answers;

	return f->nm_silent || f->version_silent || pluto_silent;
}

const struct facts_link *facts_link_by_name(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_links; i++)
		if (streq(f->links[i].name, name))
			return &f->links[i];
	return NULL;
}

const struct facts_link *facts_link_by_index(const struct facts *f, int ifindex)
{
	if (ifindex == FACTS_NO_LINK)
		return NULL;

	for (size_t i = 0; i < f->n_links; i++)
		if (f->links[i].ifindex == ifindex)
			return &f->links[i];
	return NULL;
}

bool facts_sa_is_larval(const struct facts_sa *sa)
{
	return sa->spi == 0 || (sa->cipher[0] == '\0' && sa->key_bits == 0 && sa->icv_bits == 0);
}

const struct facts_link *facts_next_port(const struct facts *f, const struct facts_link *bond,
					 const struct facts_link *after)
{
	for (size_t i = after ? (size_t)(after - f->links) + 1 : 0; i < f->n_links; i++)
		if (f->links[i].master == bond->ifindex)
			return &f->links[i];
	return NULL;
}

bool facts_is_bond(const struct facts_link *l)
{
	return streq(l->kind, "bond");
}

const struct facts_profile *facts_profile_of(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_profiles; i++)
		if (streq(f->profiles[i].bond, name))
			return &f->profiles[i];
	return NULL;
}

/* "/1x2": how Libreswan tells the conns apart that it makes of one with leftsubnets=. */
static bool is_instance(const char *suffix)
{
	size_t left, right;

	if (suffix[0] != '/')
		return false;
	left = strspn(suffix + 1, "0123456789");
	if (left == 0 || suffix[1 + left] != 'x')
		return false;
	right = strspn(suffix + 2 + left, "0123456789");
	return right > 0 && suffix[2 + left + right] == '\0';
}

size_t facts_conn_length(const char *tunnel)
{
	const char *slash = strrchr(tunnel, '/');

	return slash && is_instance(slash) ? (size_t)(slash - tunnel) : strlen(tunnel);
}

bool facts_is_tunnel_of(const char *tunnel, size_t len, const char *conn)
{
	size_t conn_len = strlen(conn);
	char pair[32];

	if (len < conn_len || memcmp(tunnel, conn, conn_len) != 0)
		return false;
	tunnel += conn_len;
	len -= conn_len;
	if (len == 0 || len >= sizeof(pair))
		return len == 0;
	memcpy(pair, tunnel, len);
	pair[len] = '\0';
	return is_instance(pair);
}

const struct facts_tunnel *facts_tunnel_of(const struct facts *f, const char *conn)
{
	size_t len = strlen(conn);

	for (size_t i = 0; i < f->n_tunnels; i++) {
		const char *name = f->tunnels[i].conn;

		if (has_prefix(name, conn) && (name[len] == '\0' || is_instance(name + len)))
			return &f->tunnels[i];
	}
	return NULL;
}

const struct facts_link *facts_owner_of(const struct facts *f, const struct facts_ip *ip)
{
	if (ip->family == 0)
		return NULL;

	for (size_t i = 0; i < f->n_addresses; i++)
		if (facts_ip_equal(&f->addresses[i].ip, ip))
			return facts_link_by_index(f, f->addresses[i].ifindex);
	return NULL;
}

const char *facts_mode_name(enum facts_bond_mode mode)
{
	static const char *const names[FACTS_MODE_MAX_] = {
		[FACTS_MODE_BALANCE_RR] = "balance-rr",
		[FACTS_MODE_ACTIVE_BACKUP] = "active-backup",
		[FACTS_MODE_BALANCE_XOR] = "balance-xor",
		[FACTS_MODE_BROADCAST] = "broadcast",
		[FACTS_MODE_802_3AD] = "802.3ad",
		[FACTS_MODE_BALANCE_TLB] = "balance-tlb",
		[FACTS_MODE_BALANCE_ALB] = "balance-alb",
	};

	return (unsigned int)mode < FACTS_MODE_MAX_ ? names[mode] : "unknown";
}

const char *facts_feature_name(enum facts_feature feature)
{
	switch (feature) {
	case FACTS_FEATURE_UNKNOWN:
		break;
	case FACTS_FEATURE_ABSENT:
		return "absent";
	case FACTS_FEATURE_FIXED_OFF:
		return "off [fixed]";
	case FACTS_FEATURE_OFF:
		return "off";
	case FACTS_FEATURE_ON:
		return "on";
	case FACTS_FEATURE_FIXED_ON:
		return "on [fixed]";
	}
	return "unknown";
}

const char *facts_unit_state_name(enum facts_unit_state state)
{
	switch (state) {
	case FACTS_UNIT_UNKNOWN:
		break;
	case FACTS_UNIT_INACTIVE:
		return "inactive";
	case FACTS_UNIT_ACTIVE:
		return "active";
	case FACTS_UNIT_ACTIVATING:
		return "activating";
	case FACTS_UNIT_DEACTIVATING:
		return "deactivating";
	case FACTS_UNIT_FAILED:
		return "failed";
	}
	return "unknown";
}

int facts_ip_parse(const char *text, struct facts_ip *ret)
{
	struct facts_ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return -EINVAL;
	*ret = ip;
	return 0;
}

const char *facts_ip_print(const struct facts_ip *ip, char buffer[FACTS_IP_TEXT_SIZE])
{
	if (!inet_ntop(ip->family, ip->bytes, buffer, FACTS_IP_TEXT_SIZE))
		buffer[0] = '\0';
	return buffer;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <arpa/inet.h>
#include <stdio.h>

#include "array.h"
#include "facts.h"
#include "ipsec-conf.h"
#include "policy.h"
#include "text.h"
#include "unit.h"

/*
 * A host to be judged, built by verbs. begin_host() makes one on which everything is as it should
 * be: bond0 in active-backup mode over ix0 and ix1, a profile with the feature, Libreswan 4.10 with
 * one conn, "example", that is up and offloaded. Each verb after it changes one thing.
 *
 * The facts are made when facts() is first asked for them, since the conns are read then.
 */

enum {
	BOND0 = 10,
	IX0 = 11,
	IX1 = 12,
	ETH0 = 20,
};

#define OWN  "192.0.2.1"
#define PEER "192.0.2.2"

struct builder_key {
	char *key;
	char *value;
};

static struct {
	struct facts *facts;
	struct policy_bond policy;
	size_t links_alloc, addresses_alloc, profiles_alloc, tunnels_alloc, sas_alloc;

	/* The keys of conn example, and what else stands in the files. */
	struct builder_key *items;
	size_t n, alloc;
	struct text before, after, crypto_policy;
	char *whole; /* instead of all that, or NULL */
	size_t whole_len;
	bool built;
} host;

static inline void *builder_copy(const char *s)
{
	char *copy = strdup(s);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

static inline struct facts_ip ip_of(const char *text)
{
	struct facts_ip ip = { 0 };

	if (*text)
		ck_assert_int_eq(facts_ip_parse(text, &ip), 0);
	return ip;
}

/* ---- Links ---- */

static inline struct facts_link *link_named(const char *name)
{
	for (size_t i = 0; i < host.facts->n_links; i++)
		if (streq(host.facts->links[i].name, name))
			return &host.facts->links[i];
	ck_abort_msg("no link %s", name);
	return NULL;
}

static inline struct facts_link *add_link(int ifindex, const char *name, const char *kind)
{
	struct facts *f = host.facts;
	struct facts_link *l;

	ck_assert_int_eq(array_reserve(&f->links, &host.links_alloc, f->n_links, 1, sizeof(*l)), 0);
	l = &f->links[f->n_links++];
	*l = (struct facts_link){ .ifindex = ifindex,
				  .up = true,
				  .carrier = true,
				  .bridge_mode = -1,
				  .esp_hw_offload = FACTS_FEATURE_ABSENT,
				  .rx_all = FACTS_FEATURE_ABSENT };
	snprintf(l->name, sizeof(l->name), "%s", name);
	snprintf(l->kind, sizeof(l->kind), "%s", kind);
	return l;
}

static inline struct facts_link *add_port(int ifindex, const char *name)
{
	struct facts_link *l = add_link(ifindex, name, "");

	l->master = BOND0;
	l->esp_hw_offload = FACTS_FEATURE_ON;
	l->rx_all = FACTS_FEATURE_OFF;
	l->has_counters = true;
	l->bridge_mode = 0;
	l->port.mii_up = true;
	snprintf(l->driver.name, sizeof(l->driver.name), "ixgbe");
	snprintf(l->driver.version, sizeof(l->driver.version), "6.1.192");
	snprintf(l->driver.firmware, sizeof(l->driver.firmware), "0x800003df");
	return l;
}

static inline void remove_link(const char *name)
{
	struct facts_link *l = link_named(name), *end = host.facts->links + host.facts->n_links;

	memmove(l, l + 1, (size_t)((char *)end - (char *)(l + 1)));
	host.facts->n_links--;
}

static inline void set_driver(const char *port, const char *driver)
{
	snprintf(link_named(port)->driver.name, sizeof(link_named(port)->driver.name), "%s",
		 driver);
}

static inline void add_address(int ifindex, const char *ip)
{
	struct facts *f = host.facts;

	ck_assert_int_eq(array_reserve(&f->addresses, &host.addresses_alloc, f->n_addresses, 1,
				       sizeof(*f->addresses)),
			 0);
	f->addresses[f->n_addresses++] = (struct facts_address){ ifindex, ip_of(ip) };
}

/* ---- The profile ---- */

static inline struct facts_profile *profile(void)
{
	return &host.facts->profiles[0];
}

static inline void add_profile(void)
{
	struct facts *f = host.facts;
	struct facts_profile *p;

	ck_assert_int_eq(
		array_reserve(&f->profiles, &host.profiles_alloc, f->n_profiles, 1, sizeof(*p)), 0);
	p = &f->profiles[f->n_profiles++];
	*p = (struct facts_profile){ .bond = "bond0",
				     .uuid = "11111111-2222-3333-4444-555555555555",
				     .id = builder_copy("bond0"),
				     .path = builder_copy("/org/freedesktop/NetworkManager/1"),
				     .filename = builder_copy("/etc/bond0.nmconnection"),
				     .active = true,
				     .writable = true,
				     .autoconnect = true,
				     .autoconnect_ports = 1,
				     .esp_hw_offload = 1 };
}

static inline void remove_profile(void)
{
	free(profile()->id);
	free(profile()->path);
	free(profile()->filename);
	host.facts->n_profiles = 0;
}

/* ---- Tunnels and SAs ---- */

static inline struct facts_tunnel *add_tunnel(const char *conn, unsigned long ike)
{
	struct facts *f = host.facts;
	struct facts_tunnel *t;

	ck_assert_int_eq(
		array_reserve(&f->tunnels, &host.tunnels_alloc, f->n_tunnels, 1, sizeof(*t)), 0);
	t = &f->tunnels[f->n_tunnels++];
	*t = (struct facts_tunnel){ .conn = builder_copy(conn), .ike = ike };
	return t;
}

static inline void set_ike_conn(struct facts_tunnel *t, const char *conn)
{
	free(t->ike_conn);
	t->ike_conn = builder_copy(conn);
}

static inline void remove_tunnels(void)
{
	while (host.facts->n_tunnels > 0) {
		const struct facts_tunnel *t = &host.facts->tunnels[--host.facts->n_tunnels];

		free(t->conn);
		free(t->ike_conn);
	}
}

static inline struct facts_sa *add_sa(enum facts_direction direction, const char *own,
				      const char *peer)
{
	struct facts *f = host.facts;
	struct facts_sa *sa;

	ck_assert_int_eq(array_reserve(&f->sas, &host.sas_alloc, f->n_sas, 1, sizeof(*sa)), 0);
	sa = &f->sas[f->n_sas++];
	*sa = (struct facts_sa){ .spi = 0x1000 + (uint32_t)f->n_sas,
				 .proto = IPPROTO_ESP,
				 .direction = direction,
				 .source = ip_of(direction == FACTS_OUT ? own : peer),
				 .destination = ip_of(direction == FACTS_OUT ? peer : own),
				 .reqid = 16389,
				 .transport = true,
				 .cipher = "rfc4106(gcm(aes))",
				 .key_bits = 160,
				 .icv_bits = 128,
				 .offload_link = BOND0 };
	return sa;
}

/* ---- The conns ---- */

/* Sets a key of conn example; with the value NULL it is taken out. */
static inline void set_key(const char *key, const char *value)
{
	size_t i = 0;

	while (i < host.n && !streq(host.items[i].key, key))
		i++;
	if (i < host.n) {
		free(host.items[i].value);
		host.items[i].value = value ? builder_copy(value) : NULL;
	} else if (value) {
		ck_assert_int_eq(ARRAY_GROW(&host), 0);
		host.items[host.n++] =
			(struct builder_key){ builder_copy(key), builder_copy(value) };
	}
}

/* Sets several: "key=value" with newlines between; "key=" takes it out. */
static inline void set_keys(const char *lines)
{
	_cleanup_free_ char *copy = builder_copy(lines);
	char *line, *rest = copy;

	while ((line = strsep(&rest, "\n"))) {
		char *value = strchr(line, '=');

		ck_assert_ptr_nonnull(value);
		*value++ = '\0';
		set_key(line, *value ? value : NULL);
	}
}

/* Text behind conn example, in the same file. */
static inline void add_conf(const char *text)
{
	text_add(&host.after, text);
}

/* A conn with the same good keys as example, and ends of its own. */
static inline void add_good_conn(const char *name, const char *own, const char *peer)
{
	text_printf(&host.after,
		    "conn %s\n\tleft=%s\n\tright=%s\n\ttype=transport\n\tesp=aes_gcm128-null\n"
		    "\tesn=no\n\tauto=start\n\tnic-offload=yes\n",
		    name, own, peer);
}

/* The files are the main one, the crypto policy's where it has a text, and one to stumble over. */
static inline int builder_glob(void *userdata _unused_, const char *pattern, bool braces _unused_,
			       char ***ret_paths, size_t *ret_n)
{
	bool policy = strstr(pattern, "crypto-policies") && host.crypto_policy.len > 0;
	char **paths;

	if (!policy && !strstr(pattern, "unreadable"))
		return -ENOENT;
	paths = calloc(1, sizeof(*paths));
	ck_assert_ptr_nonnull(paths);
	paths[0] = builder_copy(pattern);
	*ret_paths = paths;
	*ret_n = 1;
	return 0;
}

static inline void builder_main_file(struct text *t)
{
	if (host.whole) {
		text_add_bytes(t, host.whole, host.whole_len);
		return;
	}
	text_add(t, "include /etc/crypto-policies/back-ends/libreswan.config\n");
	if (host.before.data)
		text_add(t, host.before.data);
	text_add(t, "conn example\n");
	for (size_t i = 0; i < host.n; i++)
		if (host.items[i].value)
			text_printf(t, "\t%s=%s\n", host.items[i].key, host.items[i].value);
	if (host.after.data)
		text_add(t, host.after.data);
}

static inline int builder_read(void *userdata _unused_, const char *path, char **ret_bytes,
			       size_t *ret_len)
{
	struct text t = TEXT_NULL;

	if (strstr(path, "unreadable"))
		return -EACCES;
	if (strstr(path, "crypto-policies"))
		text_add(&t, host.crypto_policy.data);
	else
		builder_main_file(&t);
	*ret_len = t.len;
	return text_take(&t, ret_bytes);
}

static inline void set_version(unsigned int major, unsigned int minor)
{
	host.facts->libreswan = (struct facts_version){ major, minor };
}

static inline const struct facts *facts(void)
{
	static const struct ipsec_conf_source source = { .glob = builder_glob,
							 .read_file = builder_read };
	const struct libreswan_version version = { host.facts->libreswan.major,
						   host.facts->libreswan.minor };

	if (!host.built && host.facts->ipsec_installed)
		ck_assert_int_eq(
			ipsec_conf_load("/etc/ipsec.conf", version, &source, &host.facts->conf), 0);
	host.built = true;
	return host.facts;
}

/* ---- The policy ---- */

/* The conns of the policy: names and patterns with newlines between them. */
static inline void set_policy_conns(const char *names)
{
	_cleanup_free_ char *copy = builder_copy(names);
	char *name, *rest = copy;
	size_t alloc = 0;

	for (size_t i = 0; i < host.policy.n_conns; i++)
		free(host.policy.conns[i]);
	free(host.policy.conns);
	host.policy.conns = NULL;
	host.policy.n_conns = 0;
	while ((name = strsep(&rest, "\n"))) {
		ck_assert_int_eq(array_reserve(&host.policy.conns, &alloc, host.policy.n_conns, 1,
					       sizeof(char *)),
				 0);
		host.policy.conns[host.policy.n_conns++] = builder_copy(name);
	}
}

static inline void ensure_esn(const char *esn)
{
	host.policy.ensure.esn = builder_copy(esn);
}

static inline void ensure_esp(const char *esp)
{
	host.policy.ensure.esp = builder_copy(esp);
}

/* ---- The whole ---- */

static inline void begin_host(void)
{
	struct facts *f;

	memset(&host, 0, sizeof(host));
	f = host.facts = calloc(1, sizeof(*f));
	ck_assert_ptr_nonnull(f);
	snprintf(f->kernel, sizeof(f->kernel), "6.1.0-44-amd64");
	snprintf(f->kernel_build, sizeof(f->kernel_build),
		 "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-01-01)");
	f->esp4_offload = f->esp6_offload = true;

	add_link(BOND0, "bond0", "bond");
	link_named("bond0")->bond.mode = FACTS_MODE_ACTIVE_BACKUP;
	link_named("bond0")->bond.active_port = IX0;
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_ON;
	add_port(IX0, "ix0")->port.active = true;
	add_port(IX1, "ix1");
	add_link(ETH0, "eth0", "");
	add_address(BOND0, OWN);
	add_address(ETH0, "203.0.113.1");

	f->nm_running = true;
	add_profile();

	f->ipsec_installed = true;
	f->ipsec_unit = FACTS_UNIT_ACTIVE;
	f->pluto_answers = true;
	set_version(4, 10);
	set_keys("left=" OWN "\nright=" PEER "\nikev2=insist\nauthby=secret\ntype=transport\n"
		 "esp=aes_gcm128-null\nesn=no\nauto=start\nnic-offload=yes");
	add_tunnel("example", 1);
	f->sas_known = true;
	add_sa(FACTS_OUT, OWN, PEER);
	add_sa(FACTS_IN, OWN, PEER);

	ck_assert_int_eq(policy_bond_init("bond0", &host.policy), 0);
	set_policy_conns("example");
}

static inline void end_host(void)
{
	host.facts = facts_free(host.facts);
	policy_bond_done(&host.policy);
	for (size_t i = 0; i < host.n; i++) {
		free(host.items[i].key);
		free(host.items[i].value);
	}
	free(host.items);
	free(host.whole);
	text_done(&host.before);
	text_done(&host.after);
	text_done(&host.crypto_policy);
	memset(&host, 0, sizeof(host));
}

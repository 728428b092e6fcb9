/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <stdio.h>

#include "array.h"
#include "checks.h"
#include "failover.h"
#include "firewall.h"
#include "ipsec-conf.h"
#include "plan.h"
#include "pluto-status.h"
#include "policy.h"
#include "proof.h"
#include "text.h"

/*
 * The core, one function at a time and in a chosen size: core CASE N. What is measured happens in
 * measured(), which callgrind can be told to look at alone; all before it is preparation, and what
 * the function says is looked at afterwards, so that no measured work was for nothing.
 *
 * A size of N is N conns, ten in a file, on a host with N/40 bonds of four ports, 64 at the most;
 * each conn is up, with an SA each way. For the packet filter it is N chains.
 */

#define CONNS_PER_FILE 10
#define CONNS_PER_BOND 40
#define MAX_BONDS      64
#define PORTS_PER_BOND 4

static size_t size;

static void need(bool it, const char *what)
{
	if (it)
		return;
	fprintf(stderr, "core: %s\n", what);
	exit(EXIT_FAILURE);
}

static size_t n_bonds(void)
{
	size_t n = size / CONNS_PER_BOND;

	return n == 0 ? 1 : n < MAX_BONDS ? n : MAX_BONDS;
}

/* The last bond has what is left over as well. */
static size_t bond_of(size_t conn)
{
	size_t b = conn / (size / n_bonds());

	return b < n_bonds() ? b : n_bonds() - 1;
}

/* ---- configurations without a file system ---- */

static int glob_files(void *userdata _unused_, const char *pattern, bool braces _unused_,
		      char ***ret_paths, size_t *ret_n)
{
	size_t n = size / CONNS_PER_FILE;
	char **paths;

	if (!has_prefix(pattern, "/d/"))
		return -ENOENT;
	paths = calloc(n, sizeof(*paths));
	need(paths, "no memory");
	for (size_t i = 0; i < n; i++)
		need(asprintf(&paths[i], "/d/%05zu.conf", i) > 0, "no memory");
	*ret_paths = paths;
	*ret_n = n;
	return 0;
}

static int read_file(void *userdata _unused_, const char *path, char **ret_bytes, size_t *ret_len)
{
	struct text t = TEXT_NULL;
	size_t first;

	if (!has_prefix(path, "/d/")) {
		text_add(&t, "config setup\n\tuniqueids=no\n\nconn %default\n\tikelifetime=8h\n"
			     "\tike=aes_gcm128-sha2_256-dh19\n\ninclude /d/*.conf\n");
	} else {
		first = strtoul(path + 3, NULL, 10) * CONNS_PER_FILE;
		for (size_t i = first; i < first + CONNS_PER_FILE; i++)
			text_printf(&t,
				    "conn tunnel-%05zu\n\tleft=10.0.%zu.1\n\tright=10.%zu.%zu.2\n"
				    "\tauthby=secret\n\tesp=aes_gcm128\n\ttype=transport\n"
				    "\tesn=no\n\tauto=start\n\tnic-offload=yes\n\n",
				    i, bond_of(i), 1 + i / 256, i % 256);
	}
	*ret_len = t.len;
	return text_take(&t, ret_bytes);
}

static int load(struct ipsec_conf **ret)
{
	static const struct ipsec_conf_source source = { .glob = glob_files,
							 .read_file = read_file };
	const struct libreswan_version version = { 4, 10 };

	return ipsec_conf_load("/etc/ipsec.conf", version, &source, ret);
}

/* ---- a host ---- */

static struct facts_ip ip(uint8_t b, uint8_t c, uint8_t d)
{
	return (struct facts_ip){ .family = AF_INET, .bytes = { 10, b, c, d } };
}

static struct facts_ip own_end(size_t bond)
{
	return ip(0, (uint8_t)bond, 1);
}

static struct facts_ip other_end(size_t conn)
{
	return ip((uint8_t)(1 + conn / 256), (uint8_t)(conn % 256), 2);
}

static void name_link(struct facts_link *l, const char *prefix, size_t i)
{
	snprintf(l->name, sizeof(l->name), "%s%hu", prefix, (unsigned short)i);
}

static void put_bond(struct facts *f, size_t b)
{
	struct facts_link *l = &f->links[b * (PORTS_PER_BOND + 1)];

	*l = (struct facts_link){
		.ifindex = 10 + (int)(b * (PORTS_PER_BOND + 1)),
		.kind = "bond",
		.up = true,
		.carrier = true,
		.bond.mode = FACTS_MODE_ACTIVE_BACKUP,
		.esp_hw_offload = FACTS_FEATURE_ON,
	};
	l->bond.active_port = l->ifindex + 1;
	name_link(l, "bond", b);
	for (int i = 1; i <= PORTS_PER_BOND; i++) {
		l[i] = (struct facts_link){
			.ifindex = l->ifindex + i,
			.master = l->ifindex,
			.up = true,
			.carrier = true,
			.driver = { .name = "ixgbe" },
			.esp_hw_offload = FACTS_FEATURE_ON,
			.rx_all = FACTS_FEATURE_OFF,
			.has_counters = true,
			.port = { .active = i == 1, .mii_up = true },
		};
		name_link(&l[i], "ix", b * PORTS_PER_BOND + (size_t)i);
	}
	f->addresses[b] = (struct facts_address){ l->ifindex, own_end(b) };
	f->profiles[b] = (struct facts_profile){
		.active = true,
		.writable = true,
		.autoconnect = true,
		.autoconnect_ports = 1,
		.esp_hw_offload = 1,
		.id = strdup(l->name),
		.path = strdup("/org/freedesktop/NetworkManager/Settings/1"),
		.filename = strdup("/etc/NetworkManager/system-connections/x.nmconnection"),
	};
	memcpy(f->profiles[b].bond, l->name, sizeof(l->name));
}

static struct facts_sa sa_of(size_t conn, enum facts_direction direction)
{
	struct facts_ip own = own_end(bond_of(conn)), other = other_end(conn);
	bool in = direction == FACTS_IN;

	return (struct facts_sa){
		.spi = 0x1000 + (uint32_t)conn * 2 + in,
		.proto = IPPROTO_ESP,
		.direction = direction,
		.source = in ? other : own,
		.destination = in ? own : other,
		.transport = true,
		.cipher = "rfc4106(gcm(aes))",
		.key_bits = 160,
		.icv_bits = 128,
		.packets = 1000,
		.offload_link = 10 + (int)(bond_of(conn) * (PORTS_PER_BOND + 1)),
	};
}

static struct facts *make_host(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	need(f, "no memory");
	*f = (struct facts){
		.kernel = "6.1.0-44-amd64",
		.kernel_build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-01-01)",
		.esp4_offload = true,
		.esp6_offload = true,
		.n_links = n_bonds() * (PORTS_PER_BOND + 1),
		.n_addresses = n_bonds(),
		.nm_running = true,
		.n_profiles = n_bonds(),
		.ipsec_installed = true,
		.libreswan = { 4, 10 },
		.ipsec_unit = FACTS_UNIT_ACTIVE,
		.pluto_answers = true,
		.n_tunnels = size,
		.sas_known = true,
		.n_sas = 2 * size,
	};
	f->links = calloc(f->n_links, sizeof(*f->links));
	f->addresses = calloc(f->n_addresses, sizeof(*f->addresses));
	f->profiles = calloc(f->n_profiles, sizeof(*f->profiles));
	f->tunnels = calloc(f->n_tunnels, sizeof(*f->tunnels));
	f->sas = calloc(f->n_sas, sizeof(*f->sas));
	need(f->links && f->addresses && f->profiles && f->tunnels && f->sas, "no memory");
	for (size_t b = 0; b < n_bonds(); b++)
		put_bond(f, b);
	for (size_t i = 0; i < size; i++) {
		need(asprintf(&f->tunnels[i].conn, "tunnel-%05zu", i) > 0, "no memory");
		f->tunnels[i].ike = f->tunnels[i].serial = i + 1;
		f->sas[2 * i] = sa_of(i, FACTS_OUT);
		f->sas[2 * i + 1] = sa_of(i, FACTS_IN);
	}
	need(load(&f->conf) == 0, "the configuration cannot be loaded");
	checks_order(f); /* as whoever looks does */
	return f;
}

/* ---- what is measured ---- */

static struct facts *facts;
static struct ipsec_conf *conf;
static struct ipsec_conf_edit *edit;
static struct policy *policy;
static struct policy_bond policy_of_bond0, *policies;
static struct findings findings;
static struct plan plan;
static struct proof proof;
static struct proof_sample from, to;
static struct facts_tunnel *tunnels;
static size_t n_tunnels;
static struct diagnostics diagnostics;
static struct text text;
static struct failover_tracker tracker;
static struct failover failover;
static struct firewall rules = FIREWALL_NULL;

static void prepare_policy(void)
{
	text_add(&text, "version: 1\nbonds:\n");
	for (size_t b = 0; b < n_bonds(); b++)
		text_printf(&text,
			    "  bond%zu:\n    connections: [tunnel-%05zu, \"site-%zu-*\"]\n"
			    "    proof: {within: 30s, probe: {address: 198.51.100.2}}\n",
			    b, b, b);
}

static int policy_read(void)
{
	const struct policy_text texts[] = { { "config.yaml", text.data, text.len } };

	return policy_parse(texts, 1, &diagnostics, &policy);
}

static int conf_read(void)
{
	return load(&conf);
}

static void prepare_conf(void)
{
	need(load(&conf) == 0, "the configuration cannot be loaded");
}

static int conf_edit(void)
{
	const struct ipsec_conf_change change = { "nic-offload", "no" };
	char name[32];

	snprintf(name, sizeof(name), "tunnel-%05zu", size / 2);
	return ipsec_conf_plan(conf, name, &change, 1, &edit);
}

static void prepare_host(void)
{
	facts = make_host();
	need(policy_bond_init("bond0", &policy_of_bond0) == 0, "no memory");
	policy_of_bond0.conns = calloc(1, sizeof(char *));
	need(policy_of_bond0.conns, "no memory");
	policy_of_bond0.conns[0] = strdup("tunnel-*");
	policy_of_bond0.n_conns = 1;
}

static int checks(void)
{
	return checks_run(facts, &policy_of_bond0, &findings);
}

static int plan_of_nothing(void)
{
	return plan_make(facts, &policy_of_bond0, &plan);
}

/* As one look judges: each bond against its own conns, findings and plan. */
static void prepare_bonds(void)
{
	facts = make_host();
	policies = calloc(n_bonds(), sizeof(*policies));
	need(policies, "no memory");
	for (size_t b = 0; b < n_bonds(); b++) {
		struct policy_bond *p = &policies[b];

		need(policy_bond_init(facts->links[b * (PORTS_PER_BOND + 1)].name, p) == 0 &&
			     (p->conns = calloc(size, sizeof(char *))),
		     "no memory");
	}
	for (size_t i = 0; i < size; i++) {
		struct policy_bond *p = &policies[bond_of(i)];

		need(asprintf(&p->conns[p->n_conns++], "tunnel-%05zu", i) > 0, "no memory");
	}
}

static int each_bond(void)
{
	int r = 0;

	for (size_t b = 0; r == 0 && b < n_bonds(); b++) {
		findings_done(&findings);
		plan_done(&plan);
		r = checks_run(facts, &policies[b], &findings);
		if (r == 0 && findings_block(&findings) > 0)
			r = -EBADMSG;
		if (r == 0)
			r = plan_make(facts, &policies[b], &plan);
	}
	return r;
}

static void add_sas(struct proof_sample *s, uint64_t packets)
{
	struct facts_link port = {
		.ifindex = 11,
		.esp_hw_offload = FACTS_FEATURE_ON,
		.has_counters = true,
		.counters = { packets * size, packets * size },
	};

	s->active_port = port.ifindex;
	need(proof_sample_add_port(s, &port) == 0, "no memory");
	for (size_t i = 0; i < 2 * size; i++) {
		struct facts_sa sa = sa_of(i / 2, i % 2 ? FACTS_IN : FACTS_OUT);

		sa.packets = packets;
		need(proof_sample_add_sa(s, &sa, i, false) == 0, "no memory");
	}
}

static void prepare_samples(void)
{
	add_sas(&from, 1000);
	add_sas(&to, 1010);
}

static int proof_of_window(void)
{
	proof_judge(&from, &to, 0.95, 3, &proof);
	return proof.verdict == VERDICT_OFFLOADED ? 0 : -EBADMSG;
}

static void prepare_trafficstatus(void)
{
	for (size_t i = 0; i < size; i++)
		text_printf(&text,
			    "006 #%zu: \"tunnel-%05zu\", type=ESP, add_time=1700000000, "
			    "inBytes=84000, outBytes=84000, maxBytes=2^63B, id='10.1.2.3'\n",
			    2 * i + 2, i);
}

static int trafficstatus(void)
{
	return pluto_tunnels_parse(text.data, &tunnels, &n_tunnels);
}

static void prepare_failover(void)
{
	facts = make_host();
	tracker = (struct failover_tracker){ .seen = true, .last = "ix1" };
}

static int failover_seen(void)
{
	const struct failover_sight sight = {
		.monotonic_usec = 1,
		.realtime_usec = 1,
		.active = &facts->links[2],
		.last = &facts->links[1],
		.bond = facts->links[0].ifindex,
	};

	return failover_see(&tracker, &sight, &failover) == 1 ? 0 : -EBADMSG;
}

/*
 * A node of Kubernetes has tens of thousands of chains, each reached from the first; the last one
 * decides.
 */
static void prepare_firewall(void)
{
	text_add(&text, "*filter\n:OUTPUT ACCEPT [0:0]\n");
	for (size_t i = 0; i < size; i++)
		text_printf(&text, ":KUBE-SVC-%05zu - [0:0]\n", i);
	for (size_t i = 0; i < size; i++)
		text_printf(&text, "-A OUTPUT -p udp -j KUBE-SVC-%05zu\n", i);
	text_printf(&text, "-A KUBE-SVC-%05zu -p udp -j DROP\nCOMMIT\n", size - 1);
}

static int firewall(void)
{
	const struct firewall_packet ike = {
		.protocol = IPPROTO_UDP,
		.source = own_end(0),
		.destination = other_end(0),
		.source_port = 500,
		.destination_port = 500,
		.in_device = "",
		.out_device = "bond0",
	};
	struct firewall_answer answer;
	int r = firewall_read_iptables(text.data, AF_INET, NULL, &rules);

	if (r < 0)
		return r;
	return firewall_judge(&rules, FIREWALL_OUTPUT, &ike, &answer) == FIREWALL_DROPS ? 0
											: -EBADMSG;
}

/* Return: whether the function has done what it was to do. */
static bool conf_is_whole(void)
{
	return ipsec_conf_n_conns(conf) == size && ipsec_conf_n_findings(conf) == 0;
}

static bool edit_is_planned(void)
{
	return edit && edit->bytes && strstr(edit->bytes, "nic-offload=no");
}

static bool policy_is_whole(void)
{
	return policy->n_bonds == n_bonds();
}

static bool nothing_blocks(void)
{
	return findings_block(&findings) == 0;
}

static bool nothing_to_do(void)
{
	return plan.n == 0;
}

static bool all_tunnels(void)
{
	return n_tunnels == size;
}

static const struct {
	const char *name;
	void (*prepare)(void);
	int (*run)(void);
	bool (*good)(void);
} cases[] = {
	{ "policy", prepare_policy, policy_read, policy_is_whole },
	{ "conf-read", NULL, conf_read, conf_is_whole },
	{ "conf-edit", prepare_conf, conf_edit, edit_is_planned },
	{ "checks", prepare_host, checks, nothing_blocks },
	{ "plan", prepare_host, plan_of_nothing, nothing_to_do },
	{ "each-bond", prepare_bonds, each_bond, NULL },
	{ "proof", prepare_samples, proof_of_window, NULL },
	{ "trafficstatus", prepare_trafficstatus, trafficstatus, all_tunnels },
	{ "failover", prepare_failover, failover_seen, NULL },
	{ "firewall", prepare_firewall, firewall, NULL },
};

/* In a function of its own, by whose name callgrind knows it. */
__attribute__((noinline, noipa, used)) static int measured(int (*run)(void))
{
	return run();
}

int main(int argc, char **argv)
{
	if (argc == 1)
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
			puts(cases[i].name);
	if (argc != 3)
		return argc == 1 ? EXIT_SUCCESS : 2;
	size = strtoul(argv[2], NULL, 10);
	need(size >= CONNS_PER_FILE && size % CONNS_PER_FILE == 0 && size <= 100000,
	     "the size is a multiple of 10");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!streq(cases[i].name, argv[1]))
			continue;
		if (cases[i].prepare)
			cases[i].prepare();
		need(measured(cases[i].run) == 0, "it failed");
		need(!cases[i].good || cases[i].good(), "it has not done what it was to do");
		return EXIT_SUCCESS;
	}
	need(false, "no such case");
	return EXIT_FAILURE;
}

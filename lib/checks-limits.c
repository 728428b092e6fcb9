/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <strings.h>

#include "esp-proposals.h"
#include "kernel-faults.h"
#include "names.h"

/*
 * What the conns ask of their SAs, beside what the card can do. The limits are those of
 * drivers/net/ethernet/intel/ixgbe/ixgbe_ipsec.c; Libreswan's own defaults are beyond them.
 */

#define REFUSED                                                                                    \
	"The card refuses such an SA, and with nic-offload=yes nothing is done in its stead: the " \
	"tunnel does not come up (the peer takes it for a mismatch of subnets, TS_UNACCEPTABLE)"

static void block(struct judge *j, struct judge_conn *c, const char *seen, const char *why,
		  const char *remedy)
{
	c->refused = true;
	judge_blocks(j, c->ends->name, seen, why, remedy);
}

static const char *set_command(struct judge *j, const struct judge_conn *c, const char *setting)
{
	return judge_say(j, "esp-offloadctl conn set %s %s", c->ends->name, setting);
}

/* ---- conn-type ---- */

static void check_type(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v = { .value = "tunnel" };

		(void)judge_value(j, c, "type", &v);
		if (strcasecmp(v.value, "transport") == 0)
			continue;
		block(j, c, judge_say(j, "type=%s (%s)", v.value, judge_origin(j, &v)),
		      "ixgbe encrypts in transport mode only. " REFUSED,
		      judge_say(j,
				"%s, at both ends. Transport mode is between the two hosts "
				"themselves; for networks behind them put a GRE or VXLAN tunnel "
				"inside",
				set_command(j, c, "type=transport")));
	}
}

/* ---- conn-phase2, conn-compress, conn-tfc, conn-interface ---- */

static void check_phase2(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!judge_value(j, c, "phase2", &v) || strcasecmp(v.value, "ah") != 0)
			continue;
		block(j, c, judge_say(j, "phase2=ah (%s)", judge_origin(j, &v)),
		      "AH encrypts nothing; what the hardware does is ESP with AES-GCM, which "
		      "authenticates as well. " REFUSED,
		      set_command(j, c, "phase2=esp esp=aes_gcm128-null"));
	}
}

static void check_compress(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!judge_is(j, c, "compress", "yes") || !judge_value(j, c, "compress", &v))
			continue;
		block(j, c, judge_say(j, "compress=yes (%s)", judge_origin(j, &v)),
		      "IPcomp puts another SA in front of ESP, which the card does not "
		      "know. " REFUSED,
		      set_command(j, c, "compress=no"));
	}
}

static void check_tfc(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!judge_value(j, c, "tfc", &v) || strtoul(v.value, NULL, 10) == 0)
			continue;
		block(j, c, judge_say(j, "tfc=%s (%s)", v.value, judge_origin(j, &v)),
		      "the card pads packets as ESP needs, and no further: it cannot hide their "
		      "length. " REFUSED,
		      set_command(j, c, "tfc=0"));
	}
}

static void check_interface(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!judge_value(j, c, "ipsec-interface", &v) || strcasecmp(v.value, "no") == 0)
			continue;
		block(j, c, judge_say(j, "ipsec-interface=%s (%s)", v.value, judge_origin(j, &v)),
		      "its packets go through a virtual interface that cannot offload, and its SAs "
		      "bear an interface's number, which the card does not know",
		      judge_say(j, "%s, and route without the interface",
				set_command(j, c, "ipsec-interface=no")));
	}
}

/* ---- conn-encapsulation ---- */

static bool asks_for_tcp(struct judge *j, struct judge_conn *c, struct ipsec_conf_value *ret)
{
	return judge_value(j, c, "enable-tcp", ret) && strcasecmp(ret->value, "no") != 0 &&
	       !judge_is(j, c, "enable-tcp", "no");
}

static void check_encapsulation(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;
		const char *key;

		if (judge_is(j, c, "encapsulation", "yes"))
			key = "encapsulation";
		else if (asks_for_tcp(j, c, &v))
			key = "enable-tcp";
		else
			continue;
		if (!judge_value(j, c, key, &v))
			continue;
		block(j, c, judge_say(j, "%s=%s (%s)", key, v.value, judge_origin(j, &v)),
		      "ESP within UDP or TCP is not what the card looks for: Linux 6.1 refuses "
		      "such an SA, and the tunnel does not come up; 6.12 and later take it, and "
		      "the card cannot read the packets",
		      set_command(j, c, judge_say(j, "%s=no", key)));
	}
}

/* ---- conn-esp ---- */

static const char *esp_remedy(struct judge *j, const struct judge_conn *c)
{
	return judge_say(j,
			 "%s, at both ends; or let it be done here: \"ensure: {esp: "
			 "aes_gcm128-null}\" in the policy",
			 set_command(j, c, "esp=aes_gcm128-null"));
}

/* What was negotiated last time is the best guess at what will be. */
static bool negotiated_fits(const struct judge_conn *c)
{
	bool any = false;

	for (size_t i = 0; c->tunnel && i < c->n_sas; i++) {
		const struct facts_sa *sa = c->sas[i];

		if (sa->spi == 0)
			continue;
		if (!esp_cipher_fits(sa->cipher, sa->key_bits, sa->icv_bits))
			return false;
		any = true;
	}
	return any;
}

static void judge_esp(struct judge *j, struct judge_conn *c, const char *esp, const char *origin)
{
	const char *seen = judge_say(j, "esp=%s (%s)", esp, origin);

	switch (esp_proposals_of(esp)) {
	case ESP_ALL_FIT:
		break;
	case ESP_NONE_FITS:
		block(j, c, seen,
		      "ixgbe knows AES-GCM with a key of 128 bits and nothing else, and that is "
		      "not "
		      "among them. " REFUSED,
		      esp_remedy(j, c));
		break;
	case ESP_FIRST_UNFIT:
		if (negotiated_fits(c))
			judge_warns(j, c->ends->name, seen,
				    "ixgbe knows AES-GCM with a key of 128 bits and nothing else. "
				    "It was agreed upon last time, though others are asked for "
				    "first: the next time depends on the peer. " REFUSED,
				    esp_remedy(j, c));
		else
			block(j, c, seen,
			      "ixgbe knows AES-GCM with a key of 128 bits and nothing else. Others "
			      "are asked for first, so they are what most peers agree to. " REFUSED,
			      esp_remedy(j, c));
		break;
	case ESP_FIRST_FITS:
		judge_warns(j, c->ends->name, seen,
			    "ixgbe knows AES-GCM with a key of 128 bits and nothing else. It is "
			    "asked for first, and yet the peer may choose another. " REFUSED,
			    esp_remedy(j, c));
		break;
	}
}

static void check_esp(struct judge *j)
{
	const char *ensured = judge_changes(j) ? j->policy->ensure.esp : NULL;

	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (ensured)
			judge_esp(j, c, ensured, "ensure in the policy");
		else if (judge_value(j, c, "esp", &v))
			judge_esp(j, c, v.value, judge_origin(j, &v));
		else
			judge_esp(j, c, "aes_gcm256,aes_gcm128",
				  "Libreswan's own default begins with these");
	}
}

/* ---- conn-esn, conn-replay ---- */

static bool takes_esn_wrongly(const struct judge *j)
{
	struct kernel_version v = { 0 };

	(void)kernel_version_of(j->facts->kernel, j->facts->kernel_build, &v);
	return v.major > 6 || (v.major == 6 && v.minor >= 12);
}

static bool has_no_replay_window(struct judge *j, const struct judge_conn *c,
				 struct ipsec_conf_value *ret)
{
	return judge_value(j, c, "replay-window", ret) && strtoul(ret->value, NULL, 10) == 0;
}

static void block_esn(struct judge *j, struct judge_conn *c, const char *esn, const char *origin)
{
	block(j, c, judge_say(j, "esn=%s (%s)", esn, origin),
	      takes_esn_wrongly(j)
		      ? "ixgbe counts packets with 32 bits only. This kernel lets extended "
			"sequence "
			"numbers pass all the same, and the hardware gets them wrong: packets are "
			"lost after the first four thousand million, or from the beginning"
		      : "ixgbe counts packets with 32 bits only, and knows no extended sequence "
			"numbers. " REFUSED,
	      judge_say(j,
			"%s, at both ends; or let it be done here: \"ensure: {esn: no}\" in the "
			"policy",
			set_command(j, c, "esn=no")));
}

static void check_esn(struct judge *j)
{
	const char *ensured = judge_changes(j) ? j->policy->ensure.esn : NULL;

	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (ensured && !streq(ensured, "no"))
			block_esn(j, c, ensured, "ensure in the policy");
		/* Without a replay window Libreswan asks for no ESN. */
		if (ensured || has_no_replay_window(j, c, &v) || judge_is(j, c, "esn", "no"))
			continue;
		if (judge_value(j, c, "esn", &v))
			block_esn(j, c, v.value, judge_origin(j, &v));
		else if (libreswan_at_least(j->version, 4, 6))
			block_esn(j, c, "either", "Libreswan's own default since 4.6");
	}
}

static void check_replay(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!has_no_replay_window(j, c, &v))
			continue;
		judge_warns(
			j, c->ends->name, judge_say(j, "replay-window=0 (%s)", judge_origin(j, &v)),
			"packets that somebody recorded and sends again are accepted. If it was "
			"meant to avoid extended sequence numbers: esn=no does that too, and "
			"keeps the protection",
			set_command(j, c, "replay-window=32 esn=no"));
	}
}

/* ---- conn-ike ---- */

static void check_ike(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		/* In Libreswan 5 keyexchange= goes before ikev2=, if it says which. */
		bool by_exchange = judge_is(j, c, "keyexchange", "ikev1");
		bool never = judge_is(j, c, "ikev2", "no") || judge_is(j, c, "ikev2", "permit");
		const char *key = by_exchange ? "keyexchange" : "ikev2";
		struct ipsec_conf_value v;

		if (!by_exchange && (!never || judge_is(j, c, "keyexchange", "ikev2")))
			continue;
		if (!judge_value(j, c, key, &v))
			continue;
		judge_notes(
			j, c->ends->name,
			judge_say(j, "%s=%s (%s)", key, v.value, judge_origin(j, &v)),
			"the conn speaks IKEv1. Its SAs can be offloaded as well; but IKE itself "
			"cannot use AES-GCM there, and Libreswan 5 drops IKEv1 unless config "
			"setup has ikev1-policy=accept",
			judge_say(j, "%s, at both ends, when the peer can",
				  set_command(j, c,
					      by_exchange ? "keyexchange=ikev2" : "ikev2=insist")));
	}
}

/* ---- conn-nic-offload ---- */

static void check_nic_offload(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;

		if (!judge_value(j, c, NIC_OFFLOAD_KEY, &v))
			continue;
		if (c->refused && judge_is(j, c, NIC_OFFLOAD_KEY, "yes"))
			judge_warns(j, c->ends->name,
				    judge_say(j, "nic-offload=%s stands already (%s)", v.value,
					      judge_origin(j, &v)),
				    "the conn is refused by the hardware as it is, and so cannot "
				    "come up now",
				    judge_say(j, "%s until the other findings are settled",
					      set_command(j, c, "nic-offload=no")));
		else if (c->refused && strcasecmp(v.value, "auto") == 0)
			judge_notes(j, c->ends->name,
				    judge_say(j, "nic-offload=auto (%s)", judge_origin(j, &v)),
				    "pluto tries to offload, logs \"netlink response for Add SA\", "
				    "and goes on with the CPU",
				    "settle the other findings, or nic-offload=no for a quiet log");
		else if (strcasecmp(v.value, "packet") == 0)
			judge_notes(
				j, c->ends->name,
				judge_say(j, "nic-offload=packet (%s)", judge_origin(j, &v)),
				"that asks for hardware that also looks up the policy of each "
				"packet, which ixgbe has not",
				"nothing: the plan sets it to yes, which means the cryptography "
				"alone");
	}
}

/* ---- conn-table ---- */

enum {
	TABLE_SAS = 1024,     /* for each direction: IXGBE_IPSEC_MAX_SA_COUNT */
	TABLE_ADDRESSES = 128 /* of receivers: IXGBE_IPSEC_MAX_RX_IP_COUNT */
};

/* With leftsubnets= and rightsubnets= a conn becomes one for each pair of subnets. */
static size_t count_sas(struct judge *j, const struct judge_conn *c)
{
	char **names = NULL;
	size_t n = 0;
	int r = ipsec_conf_loaded_names(j->facts->conf, c->conf, &names);

	if (r == -E2BIG)
		return TABLE_SAS + 1;
	if (r < 0) {
		j->error = r;
		return 0;
	}
	while (names[n])
		free(names[n++]);
	free(names);
	return n;
}

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct facts_ip));
}

static size_t count_addresses(struct judge *j)
{
	_cleanup_free_ struct facts_ip *ips = calloc(j->n_conns + 1, sizeof(*ips));
	size_t n = 0;

	if (!ips) {
		j->error = -ENOMEM;
		return 0;
	}
	for (size_t i = 0; i < j->n_conns; i++)
		ips[i] = j->conns[i].ends->local;
	qsort(ips, j->n_conns, sizeof(*ips), compare_addresses);
	for (size_t i = 0; i < j->n_conns; i++)
		n += i == 0 || !facts_ip_equal(&ips[i - 1], &ips[i]);
	return n;
}

static void check_table(struct judge *j)
{
	size_t sas = 0, addresses;

	if (!j->ixgbe || j->n_conns == 0)
		return;
	for (size_t i = 0; i < j->n_conns; i++)
		sas += count_sas(j, &j->conns[i]);
	addresses = count_addresses(j);

	if (sas > TABLE_SAS || addresses > TABLE_ADDRESSES)
		judge_blocks(j, j->policy->name,
			     judge_say(j,
				       "the conns need %zu SAs in each direction, at %zu addresses "
				       "of their own; a port has room for %d and %d",
				       sas, addresses, TABLE_SAS, TABLE_ADDRESSES),
			     "when the tables are full, an SA is refused, and its tunnel does not "
			     "come up",
			     "name fewer conns in the policy, or spread them over several bonds");
	else if (sas > TABLE_SAS / 2)
		judge_warns(
			j, j->policy->name,
			judge_say(j,
				  "the conns need %zu SAs in each direction; a port has room "
				  "for %d",
				  sas, TABLE_SAS),
			"while a tunnel is rekeyed its old and its new SA both take a place: if "
			"many do so at once, some are refused",
			"name fewer conns in the policy, or spread them over several bonds");
}

const struct check checks_limits[] = {
	{ { "conn-type", "Each conn is in transport mode" }, check_type },
	{ { "conn-phase2", "Each conn uses ESP" }, check_phase2 },
	{ { "conn-esp", "AES-GCM-128 is what each conn will agree upon" }, check_esp },
	{ { "conn-esn", "No conn uses extended sequence numbers" }, check_esn },
	{ { "conn-replay", "Each conn is protected from replayed packets" }, check_replay },
	{ { "conn-compress", "No conn compresses" }, check_compress },
	{ { "conn-encapsulation", "No conn puts ESP into UDP or TCP" }, check_encapsulation },
	{ { "conn-tfc", "No conn hides the length of packets" }, check_tfc },
	{ { "conn-interface", "No conn goes through a virtual interface" }, check_interface },
	{ { "conn-table", "The ports have room for all SAs" }, check_table },
	{ { "conn-ike", "Each conn speaks IKEv2" }, check_ike },
	{ { "conn-nic-offload", "nic-offload does no harm as it stands" }, check_nic_offload },
	{ { NULL, NULL }, NULL },
};

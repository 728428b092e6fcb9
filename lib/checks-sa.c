/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include "esp-proposals.h"

/* The SAs as they are in the kernel, where a tunnel is up. */

struct counts {
	size_t all;
	size_t offloaded;
	size_t fitting;
	size_t encapsulated;
};

static struct counts count(const struct judge *j, const struct judge_conn *c)
{
	struct counts n = { 0 };

	for (size_t i = 0; i < c->n_sas; i++) {
		const struct facts_sa *sa = c->sas[i];

		n.all++;
		n.offloaded += j->bond && sa->offload_link == j->bond->ifindex;
		n.fitting += esp_cipher_fits(sa->cipher, sa->key_bits, sa->icv_bits);
		n.encapsulated += sa->encapsulated;
	}
	return n;
}

static bool is_comparable(const struct judge *j, const struct judge_conn *c)
{
	return j->facts->sas_known && c->tunnel && !c->ends->assumed && c->ends->remote.family != 0;
}

static void check_lost(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		bool gone = is_comparable(j, c) && c->n_sas == 0;

		if (!c->lost)
			continue;
		judge_warns(
			j, c->ends->name,
			gone ? "pluto says the tunnel is up, and the kernel has no SA of it"
			     : "pluto says the tunnel is up, and misses an SA of it in the kernel",
			"the kernel drops all SAs that are offloaded to a bond when the bond is "
			"set down, and tells nobody: what is sent is lost until pluto notices",
			judge_say(j,
				  "ipsec auto --down %s; ipsec auto --up %s (\"on-loss\" in "
				  "the policy can do that by itself)",
				  c->ends->name, c->ends->name));
	}
}

static void check_cipher(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		struct counts n = count(j, c);

		/* Another conn between the same ends may have some of them. */
		if (!is_comparable(j, c) || n.all == 0 || n.fitting > 0 || c->refused ||
		    (judge_changes(j) && j->policy->ensure.esp))
			continue;
		judge_blocks(j, c->ends->name,
			     judge_say(j,
				       "the tunnel is up with %s, a key of %u bits and an ICV of "
				       "%u",
				       c->sas[0]->cipher, c->sas[0]->key_bits, c->sas[0]->icv_bits),
			     "that is what the peer agrees to, and ixgbe knows AES-GCM-128 only "
			     "(rfc4106(gcm(aes)), 160 bits with the salt, ICV 128): with "
			     "nic-offload=yes the tunnel would not come up again",
			     judge_say(j,
				       "let both ends offer AES-GCM-128 alone: esp-offloadctl "
				       "conn set %s esp=aes_gcm128-null",
				       c->ends->name));
	}
}

static void check_encapsulated(struct judge *j)
{
	for (size_t i = 0; j->ixgbe && i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		struct counts n = count(j, c);

		if (!is_comparable(j, c) || n.all == 0 || n.encapsulated < n.all || c->refused)
			continue;
		judge_blocks(
			j, c->ends->name, "the tunnel is up with ESP within UDP or TCP",
			"an address translation (NAT) is on the way to the peer, and pluto goes "
			"around it that way; the card does not look into UDP",
			"give both ends addresses that are not translated");
	}
}

static void check_offload(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		struct counts n;

		if (!c->not_taken)
			continue;
		n = count(j, c);
		judge_warns(
			j, c->ends->name,
			judge_say(j, "nic-offload=yes, and %zu of %zu SAs are offloaded",
				  n.offloaded, n.all),
			"pluto has the conn as it was before the files were changed, or read the "
			"bond's feature while it was off: the CPU does the work",
			c->take_up ? "esp-offloadctl apply lets pluto take it up anew"
				   : judge_say(j,
					       "ipsec auto --replace %s; ipsec auto --up %s, or "
					       "systemctl restart ipsec",
					       c->ends->name, c->ends->name));
	}
}

const struct check checks_sa[] = {
	{ { "sa-lost", "The kernel has the SAs that pluto believes in" }, check_lost },
	{ { "sa-cipher", "The SAs in use have a cipher that the card knows" }, check_cipher },
	{ { "sa-encapsulated", "No SA in use is within UDP or TCP" }, check_encapsulated },
	{ { "sa-offload", "The SAs in use are offloaded" }, check_offload },
	{ { NULL, NULL }, NULL },
};

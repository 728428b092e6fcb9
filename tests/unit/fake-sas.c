/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include <check.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "xfrm.h"

/* ---- the test's side ---- */

static struct facts_ip address(uint8_t net, size_t bond)
{
	return (struct facts_ip){ .family = AF_INET, .bytes = { 192, 0, net, (uint8_t)bond } };
}

struct facts_ip kernel_local(size_t bond)
{
	return address(1, bond);
}

struct facts_ip kernel_peer(size_t bond)
{
	return address(2, bond);
}

static void count(size_t b, uint64_t hardware)
{
	struct fake_bond *bond = &kernel.bonds[b];

	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port) {
			bond->counters[i].tx_ipsec += hardware;
			bond->counters[i].rx_ipsec += hardware;
		}
}

void kernel_carries(size_t b, uint64_t packets, uint64_t hardware)
{
	kernel.bonds[b].packets += packets;
	count(b, hardware);
}

void kernel_carries_between_reads(size_t n)
{
	kernel.n_hurried = n;
}

void kernel_gets_slower(size_t packets)
{
	kernel.slower = packets;
}

void kernel_switches_during_dump(const char *port)
{
	kernel.switches_to = port;
}

/* Of each pair the second is the one that receives. */
static void tell_sas(size_t b, enum xfrm_change change, uint32_t spi, bool offload)
{
	for (int in = 0; in <= 1; in++) {
		ck_assert_uint_lt(kernel.last_sa, MAX_MESSAGES);
		kernel.sa_messages[kernel.last_sa++] = (struct xfrm_message){
			.change = change,
			.spi = spi + (uint32_t)in,
			.proto = IPPROTO_ESP,
			.source = in ? kernel_peer(b) : kernel_local(b),
			.destination = in ? kernel_local(b) : kernel_peer(b),
			.offload_link = offload ? kernel.bonds[b].link.ifindex : FACTS_NO_LINK,
		};
	}
}

void kernel_has_sas_in_software(void)
{
	kernel.has_software = true;
	for (size_t b = 0; b < kernel.n; b++)
		tell_sas(b, XFRM_ADDED, kernel.bonds[b].spi + 8, kernel.idle_offload);
}

void kernel_has_idle_sas(void)
{
	kernel.idle_offload = true;
	kernel_has_sas_in_software();
}

void kernel_loses_sas_in_software(void)
{
	kernel.has_software = false;
}

void kernel_rekeys(size_t b)
{
	struct fake_bond *bond = &kernel.bonds[b];

	if (!bond->flushed)
		tell_sas(b, XFRM_DELETED, bond->spi, bond->offload);
	bond->spi += 2;
	bond->packets = 0;
	tell_sas(b, XFRM_ADDED, bond->spi, bond->offload);
}

void kernel_loses_sa_messages(void)
{
	kernel.first_sa = kernel.last_sa;
	kernel.lost_sas = true;
}

int kernel_tells_of_sas(struct xfrm_message *ret)
{
	if (kernel.lost_sas) {
		kernel.lost_sas = false;
		return -ENOBUFS;
	}
	if (kernel.first_sa == kernel.last_sa) {
		kernel.first_sa = kernel.last_sa = 0;
		return 0;
	}
	*ret = kernel.sa_messages[kernel.first_sa++];
	return 1;
}

void kernel_flushes_sas(size_t b)
{
	kernel.bonds[b].flushed = true;
}

void kernel_asks_for_sas(size_t b)
{
	kernel.bonds[b].spi = 0;
}

void kernel_forgets_offload(size_t b)
{
	kernel.bonds[b].offload = false;
}

void kernel_fails_sas(size_t but_for)
{
	kernel.failing_sas = true;
	kernel.n_dumps_left = but_for;
}

void kernel_has_strangers(size_t n)
{
	kernel.n_strangers = n;
}

void kernel_has_neighbour(uint64_t packets)
{
	kernel.neighbour_rate = packets;
}

size_t kernel_n_dumps(void)
{
	return kernel.n_dumps;
}

size_t kernel_n_asked_for(void)
{
	return kernel.n_asked_for;
}

void kernel_refuses_packets(uint64_t n)
{
	kernel.refused_packets += n;
}

/* ---- the adapters' side ---- */

/* What happens while the SAs are read. Return: 0; -EIO. */
static int read_sas(void)
{
	kernel.n_dumps++;
	if (kernel.failing_sas && kernel.n_dumps_left-- == 0) {
		kernel.n_dumps_left = 0;
		return -EIO;
	}
	if (kernel.switches_to) {
		kernel_switches(0, kernel.switches_to);
		kernel.switches_to = NULL;
	}
	if (kernel.n_hurried > 0) {
		kernel.n_hurried--;
		kernel_carries(0, 5 + kernel.slower * kernel.n_dumps,
			       5 + kernel.slower * kernel.n_dumps);
	}
	kernel.neighbour += kernel.neighbour_rate;
	count(0, kernel.neighbour_rate);
	return 0;
}

static size_t list_sas(struct facts_sa *sas, size_t n_strangers)
{
	size_t n = 0;

	for (size_t b = 0; b < kernel.n; b++)
		for (int in = 0; in <= 1 && !kernel.bonds[b].flushed; in++) {
			const struct fake_bond *bond = &kernel.bonds[b];
			struct facts_ip local = kernel_local(b), peer = kernel_peer(b);

			sas[n++] = (struct facts_sa){
				.spi = bond->spi + (uint32_t)in,
				.proto = IPPROTO_ESP,
				.key_bits = 128,
				.direction = in ? FACTS_IN : FACTS_OUT,
				.source = in ? peer : local,
				.destination = in ? local : peer,
				.packets = bond->packets - (in ? bond->answers_missing : 0),
				.offload_link = bond->offload ? bond->link.ifindex : FACTS_NO_LINK,
			};
			if (!kernel.has_software)
				continue;
			sas[n] = sas[n - 1];
			sas[n].spi += 8;
			sas[n].packets = 0;
			if (!kernel.idle_offload)
				sas[n].offload_link = FACTS_NO_LINK;
			n++;
		}
	for (uint32_t in = 0; in <= 1 && kernel.neighbour_rate > 0; in++)
		sas[n++] = (struct facts_sa){
			.spi = 2000000 + in,
			.proto = IPPROTO_ESP,
			.key_bits = 128,
			.direction = in ? FACTS_IN : FACTS_OUT,
			.source = { AF_INET, { 203, 0, 113, (uint8_t)(4 - in) } },
			.destination = { AF_INET, { 203, 0, 113, (uint8_t)(3 + in) } },
			.packets = kernel.neighbour,
			.offload_link = kernel.bonds[0].link.ifindex,
		};
	for (size_t i = 0; i < n_strangers; i++)
		sas[n++] = (struct facts_sa){
			.spi = 1000000 + (uint32_t)i,
			.proto = IPPROTO_ESP,
			.key_bits = 128,
			.source = { AF_INET, { 203, 0, 113, 1 } },
			.destination = { AF_INET, { 203, 0, 113, 2 } },
		};
	return n;
}

static int look_at_sas(size_t n_strangers, struct facts_sa **ret, size_t *ret_n)
{
	struct facts_sa *sas;
	int r = kernel_may_answer();

	if (r >= 0)
		r = read_sas();
	if (r < 0)
		return r;
	sas = calloc(4 * MAX_BONDS + 2 + n_strangers, sizeof(*sas));
	ck_assert_ptr_nonnull(sas);
	*ret_n = list_sas(sas, n_strangers);
	*ret = sas;
	return 0;
}

int xfrm_dump(const struct facts_address *addresses _unused_, size_t n_addresses _unused_,
	      struct facts_sa **ret, size_t *ret_n)
{
	return look_at_sas(kernel.n_strangers, ret, ret_n);
}

/* Nobody asks for the strangers. */
int xfrm_get(const struct xfrm_sa_id *ids, size_t n, const struct facts_address *addresses _unused_,
	     size_t n_addresses _unused_, struct facts_sa **ret, size_t *ret_n)
{
	_cleanup_free_ struct facts_sa *all = NULL;
	struct facts_sa *found;
	size_t n_all, n_found = 0;
	int r;

	r = look_at_sas(0, &all, &n_all);
	if (r < 0)
		return r;
	kernel.n_asked_for++;
	found = calloc(n + 1, sizeof(*found));
	ck_assert_ptr_nonnull(found);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_all; k++)
			if (all[k].spi == ids[i].spi && all[k].proto == ids[i].proto &&
			    facts_ip_equal(&all[k].destination, &ids[i].destination))
				found[n_found++] = all[k];
	*ret = found;
	*ret_n = n_found;
	return 0;
}

int xfrm_stat(struct xfrm_counter **ret, size_t *ret_n)
{
	struct xfrm_counter *counters;
	int r = kernel_may_answer();

	if (r < 0)
		return r;
	counters = calloc(2, sizeof(*counters));
	ck_assert_ptr_nonnull(counters);
	counters[0] = (struct xfrm_counter){ "XfrmInError", 7 };
	counters[1] = (struct xfrm_counter){ "XfrmInNoStates", kernel.refused_packets };
	*ret = counters;
	*ret_n = 2;
	return 0;
}

uint64_t xfrm_stat_value(const struct xfrm_counter *counters, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(counters[i].name, name))
			return counters[i].value;
	return 0;
}

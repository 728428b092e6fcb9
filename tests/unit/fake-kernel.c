/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel.h"

#include <check.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ethtool.h"
#include "kernel-log.h"
#include "link.h"
#include "names.h"
#include "probe.h"
#include "xfrm.h"

enum {
	MAX_BONDS = 64,
	PORTS = 2,
	MAX_MESSAGES = 8192
};

struct fake_bond {
	struct facts_link link;
	struct facts_link ports[PORTS];
	struct facts_counters counters[PORTS];
	bool esp[PORTS];
	bool there, offload, flushed, feature_off;
	struct facts_link told; /* what was told of it last but one */
	uint32_t spi;
	uint64_t packets;
	uint64_t answers_missing; /* packets that were sent, and whose answers are under way */
};

static struct {
	struct fake_bond bonds[MAX_BONDS];
	size_t n;
	int next_ifindex;
	struct link_message messages[MAX_MESSAGES];
	size_t first, last;
	bool lost;
	int fd;
	bool answering, answers_in_hardware, keeping_answers;
	int opener_busy, opener_error;
	size_t n_sockets_refused;
	int answers;
	size_t n_requests;
	size_t n_sockets;
	size_t n_dumps;
	int link_error; /* of each read of the devices' messages */
	bool link_error_ends;
	size_t n_link_reads;
	size_t n_failing, n_disturbed, n_hurried, n_lost_requests;
	bool has_software;       /* a second pair of each tunnel, which carries nothing */
	const char *switches_to; /* during the next dump of SAs */
	bool failing_sas;
	size_t n_dumps_left;
	size_t n_strangers, n_asked_for;
	struct xfrm_message sa_messages[MAX_MESSAGES];
	size_t first_sa, last_sa;
	bool lost_sas;
	const char *said[16];
	size_t n_said;
	uint64_t refused_packets;
	size_t strikes_at, n_answers;
	enum kernel_fault fault;
	uint64_t asked_since;
} kernel;

/* ---- the test's side ---- */

static void wake(void)
{
	ck_assert_int_eq(eventfd_write(kernel.fd, 1), 0);
}

static void say(const struct facts_link *l, int event, bool gone)
{
	ck_assert_uint_lt(kernel.last, MAX_MESSAGES);
	kernel.messages[kernel.last++] =
		(struct link_message){ .link = *l, .event = event, .gone = gone };
	wake();
}

static struct facts_link *port_named(const char *name, struct fake_bond **ret_bond, size_t *ret_i)
{
	for (size_t b = 0; b < kernel.n; b++)
		for (size_t i = 0; i < PORTS; i++)
			if (streq(kernel.bonds[b].ports[i].name, name)) {
				*ret_bond = &kernel.bonds[b];
				*ret_i = i;
				return &kernel.bonds[b].ports[i];
			}
	ck_abort_msg("no port %s", name);
	return NULL;
}

void kernel_begin(size_t n_bonds)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ck_assert_int_ge(kernel.fd, 0);
	kernel.next_ifindex = 100;
	kernel.n_strangers = 64;
	kernel.n = n_bonds;
	for (size_t b = 0; b < n_bonds; b++) {
		struct fake_bond *bond = &kernel.bonds[b];

		bond->there = bond->offload = true;
		bond->spi = 0x1000 + (uint32_t)b * 16;
		bond->link = (struct facts_link){ .ifindex = 10 + (int)b * 10,
						  .kind = "bond",
						  .up = true,
						  .carrier = true,
						  .bond.mode = FACTS_MODE_ACTIVE_BACKUP };
		snprintf(bond->link.name, FACTS_NAME_SIZE, "bond%hhu", (unsigned char)b);
		for (size_t i = 0; i < PORTS; i++) {
			bond->esp[i] = true;
			bond->ports[i] =
				(struct facts_link){ .ifindex = bond->link.ifindex + 1 + (int)i,
						     .master = bond->link.ifindex,
						     .up = true,
						     .carrier = true,
						     .port.mii_up = true };
			snprintf(bond->ports[i].name, FACTS_NAME_SIZE, "ix%hhu",
				 (unsigned char)(b * PORTS + i));
		}
		bond->ports[0].port.active = true;
		bond->link.bond.active_port = bond->ports[0].ifindex;
	}
}

void kernel_end(void)
{
	close(kernel.fd);
}

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

static void set_carrier(const char *name, bool carrier)
{
	struct fake_bond *bond;
	size_t i;
	struct facts_link *port = port_named(name, &bond, &i);

	port->carrier = port->port.mii_up = carrier;
	say(port, 0, false);
}

void kernel_cuts_cable(const char *name)
{
	set_carrier(name, false);
}

void kernel_mends_cable(const char *name)
{
	set_carrier(name, true);
}

void kernel_switches(size_t b, const char *name)
{
	struct fake_bond *bond = &kernel.bonds[b];

	bond->told = bond->link;
	bond->link.bond.active_port = FACTS_NO_LINK;
	for (size_t i = 0; i < PORTS; i++) {
		bool is = name && streq(bond->ports[i].name, name);

		if (is)
			bond->link.bond.active_port = bond->ports[i].ifindex;
		if (bond->ports[i].port.active != is) {
			bond->ports[i].port.active = is;
			say(&bond->ports[i], 0, false);
		}
	}
	bond->link.carrier = name != NULL;
	say(&bond->link, name ? IFLA_EVENT_BONDING_FAILOVER : 0, false);
	if (name)
		say(&bond->link, IFLA_EVENT_NOTIFY_PEERS, false);
}

void kernel_sets_primary(size_t b, const char *name)
{
	struct fake_bond *bond;
	size_t i;

	kernel.bonds[b].link.bond.primary =
		name ? port_named(name, &bond, &i)->ifindex : FACTS_NO_LINK;
}

void kernel_renames_port(const char *name, const char *new_name)
{
	struct fake_bond *bond;
	size_t i;
	struct facts_link *port = port_named(name, &bond, &i);

	snprintf(port->name, sizeof(port->name), "%s", new_name);
	say(port, 0, false);
}

void kernel_counts_failure(const char *name)
{
	struct fake_bond *bond;
	size_t i;

	port_named(name, &bond, &i)->port.link_failures++;
}

void kernel_says(const char *message)
{
	ck_assert_uint_lt(kernel.n_said, ARRAY_SIZE(kernel.said));
	kernel.said[kernel.n_said++] = message;
}

void kernel_refuses_packets(uint64_t n)
{
	kernel.refused_packets += n;
}

void kernel_flushes_sas(size_t b)
{
	kernel.bonds[b].flushed = true;
}

void kernel_asks_for_sas(size_t b)
{
	kernel.bonds[b].spi = 0;
}

void kernel_breaks_link_watch(int error, bool reopened)
{
	kernel.link_error = error;
	kernel.link_error_ends = reopened;
	ck_assert_int_eq(eventfd_write(kernel.fd, 1), 0);
}

size_t kernel_n_link_reads(void)
{
	return kernel.n_link_reads;
}

void kernel_fails_dumps(size_t n)
{
	kernel.n_failing = n;
}

void kernel_talks_during_dumps(size_t n)
{
	kernel.n_disturbed = n;
}

void kernel_sets_bond(size_t b, bool up)
{
	kernel.bonds[b].link.up = up;
	kernel.bonds[b].flushed = kernel.bonds[b].flushed || !up;
	say(&kernel.bonds[b].link, 0, false);
}

void kernel_sets_feature(size_t b, bool on)
{
	kernel.bonds[b].feature_off = !on;
	say(&kernel.bonds[b].link, IFLA_EVENT_FEATURES, false);
}

void kernel_changes_mode(size_t b, enum facts_bond_mode mode)
{
	kernel.bonds[b].link.bond.mode = mode;
	say(&kernel.bonds[b].link, 0, false);
}

void kernel_loses_messages(void)
{
	kernel.first = kernel.last = 0;
	kernel.lost = true;
	wake();
}

void kernel_removes_bond(size_t b)
{
	struct fake_bond *bond = &kernel.bonds[b];

	for (size_t i = 0; i < PORTS; i++) {
		bond->ports[i].master = FACTS_NO_LINK;
		bond->ports[i].port.active = false;
		say(&bond->ports[i], 0, false);
	}
	bond->there = false;
	say(&bond->link, 0, true);
}

void kernel_makes_bond(size_t b)
{
	struct fake_bond *bond = &kernel.bonds[b];

	bond->there = true;
	bond->link.ifindex = kernel.next_ifindex++;
	bond->link.bond.active_port = FACTS_NO_LINK;
	say(&bond->link, 0, false);
	for (size_t i = 0; i < PORTS; i++) {
		bond->ports[i].master = bond->link.ifindex;
		say(&bond->ports[i], 0, false);
	}
	kernel_switches(b, bond->ports[0].name);
}

/* Answers that are under way: sent and counted as such, and not received. */
static void keep_answer(struct fake_bond *bond, bool hardware)
{
	bond->packets++;
	bond->answers_missing++;
	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port)
			bond->counters[i].tx_ipsec += hardware;
}

void kernel_keeps_answers(void)
{
	kernel.keeping_answers = true;
}

void kernel_lets_answers_in(bool hardware)
{
	struct fake_bond *bond = &kernel.bonds[0];

	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port && hardware)
			bond->counters[i].rx_ipsec += bond->answers_missing;
	kernel.answers += (int)bond->answers_missing;
	bond->answers_missing = 0;
	kernel.keeping_answers = false;
}

static void carry(struct fake_bond *bond, uint64_t packets, uint64_t hardware)
{
	bond->packets += packets;
	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port) {
			bond->counters[i].tx_ipsec += hardware;
			bond->counters[i].rx_ipsec += hardware;
		}
}

void kernel_carries(size_t b, uint64_t packets, uint64_t hardware)
{
	carry(&kernel.bonds[b], packets, hardware);
}

void kernel_carries_between_reads(size_t n)
{
	kernel.n_hurried = n;
}

static void tell_sas(size_t b, enum xfrm_change change, uint32_t spi, bool offload);

void kernel_has_sas_in_software(void)
{
	kernel.has_software = true;
	for (size_t b = 0; b < kernel.n; b++)
		tell_sas(b, XFRM_ADDED, kernel.bonds[b].spi + 8, false);
}

void kernel_switches_during_dump(const char *port)
{
	kernel.switches_to = port;
}

void kernel_answers_probes(bool hardware)
{
	kernel.answering = true;
	kernel.answers_in_hardware = hardware;
}

size_t kernel_requests_sent(void)
{
	return kernel.n_requests;
}

void kernel_loses_requests(size_t n)
{
	kernel.n_lost_requests = n;
}

void kernel_fails_sas(size_t but_for)
{
	kernel.failing_sas = true;
	kernel.n_dumps_left = but_for;
}

size_t kernel_sockets_opened(void)
{
	return kernel.n_sockets;
}

void kernel_refuses_sockets(size_t n)
{
	kernel.n_sockets_refused = n;
}

void kernel_opens_probes_after(int asked, int error)
{
	kernel.opener_busy = asked;
	kernel.opener_error = error;
}

void kernel_has_strangers(size_t n)
{
	kernel.n_strangers = n;
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

void kernel_forgets_offload(size_t b)
{
	kernel.bonds[b].offload = false;
}

void kernel_takes_esp_from(const char *name)
{
	struct fake_bond *bond;
	size_t i;

	port_named(name, &bond, &i);
	bond->esp[i] = false;
}

size_t kernel_n_dumps(void)
{
	return kernel.n_dumps;
}

size_t kernel_n_asked_for(void)
{
	return kernel.n_asked_for;
}

void kernel_strikes(size_t nth, enum kernel_fault fault)
{
	kernel.strikes_at = nth;
	kernel.fault = fault;
	kernel.n_answers = 0;
}

size_t kernel_n_answers(void)
{
	return kernel.n_answers;
}

/* Whether this answer is the one. */
static bool is_struck(void)
{
	return ++kernel.n_answers == kernel.strikes_at;
}

/*
 * Before what was asked for. It has no second answer, which netlink's numbers see to, and the wait
 * for one that never comes ends with an error.
 *
 * Return: 0; a negative errno that is the answer.
 */
static int may_answer(void)
{
	if (!is_struck())
		return 0;
	if (kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (kernel.fault == KERNEL_NEVER_TELLS)
		return -ETIMEDOUT;
	if (kernel.fault == KERNEL_IS_LATE && kernel.answering)
		carry(&kernel.bonds[0], 5, kernel.answers_in_hardware ? 5 : 0);
	return 0;
}

/* ---- the adapters' side ---- */

struct link_watch {
	int unused;
};

int link_watch_open(struct link_watch **ret)
{
	if (kernel.link_error_ends)
		kernel.link_error = 0;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct link_watch *link_watch_close(struct link_watch *w)
{
	free(w);
	return NULL;
}

int link_watch_fd(const struct link_watch *w _unused_)
{
	return kernel.fd;
}

int link_watch_read(struct link_watch *w _unused_, struct link_message *ret)
{
	eventfd_t n;
	bool struck;

	kernel.n_link_reads++;
	if (kernel.link_error)
		return kernel.link_error;
	if (kernel.lost) {
		kernel.lost = false;
		return -ENOBUFS;
	}
	if (kernel.first == kernel.last) {
		kernel.first = kernel.last = 0;
		(void)eventfd_read(kernel.fd, &n);
		return 0;
	}
	struck = is_struck();
	if (struck && kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (struck && kernel.fault == KERNEL_IS_LATE)
		return 0;
	if (struck && kernel.fault == KERNEL_NEVER_TELLS) {
		kernel.first++;
		return -ENOBUFS;
	}
	*ret = kernel.messages[kernel.first];
	kernel.first += !struck;
	return 1;
}

int link_dump(struct facts_link **ret, size_t *ret_n)
{
	struct facts_link *links;
	size_t n = 0;
	int r = may_answer();

	if (r < 0)
		return r;
	if (kernel.n_failing > 0) {
		kernel.n_failing--;
		return -EAGAIN;
	}
	links = calloc(MAX_BONDS * (PORTS + 1), sizeof(*links));
	ck_assert_ptr_nonnull(links);
	for (size_t b = 0; b < kernel.n && kernel.n_disturbed > 0; b++) {
		if (kernel.bonds[b].told.ifindex)
			say(&kernel.bonds[b].told, 0, false);
		say(&kernel.bonds[b].link, 0, false);
	}
	kernel.n_disturbed -= kernel.n_disturbed > 0;
	for (size_t b = 0; b < kernel.n; b++) {
		if (kernel.bonds[b].there)
			links[n++] = kernel.bonds[b].link;
		for (size_t i = 0; i < PORTS; i++)
			links[n++] = kernel.bonds[b].ports[i];
	}
	*ret = links;
	*ret_n = n;
	return 0;
}

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
	int r = may_answer();
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
	port_named(name, &bond, &i);
	*ret = bond->esp[i] ? FACTS_FEATURE_ON : FACTS_FEATURE_FIXED_OFF;
	return 0;
}

int ethtool_get_counters(struct ethtool *e _unused_, const char *name, struct facts_counters *ret)
{
	struct fake_bond *bond;
	int r = may_answer();
	size_t i;

	if (r < 0)
		return r;
	port_named(name, &bond, &i);
	if (!bond->esp[i])
		return -ENOENT;
	*ret = bond->counters[i];
	return 0;
}

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
		carry(&kernel.bonds[0], 5, 5);
	}
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
			sas[n++].offload_link = FACTS_NO_LINK;
		}
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
	int r = may_answer();

	if (r >= 0)
		r = read_sas();
	if (r < 0)
		return r;
	sas = calloc(4 * MAX_BONDS + n_strangers, sizeof(*sas));
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
	int r = may_answer();

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

uint64_t kernel_log_asked_since(void)
{
	return kernel.asked_since;
}

int kernel_log_read(uint64_t since, kernel_log_each_fn each, void *userdata)
{
	int r = may_answer();

	kernel.asked_since = since;
	for (size_t i = 0; r == 0 && i < kernel.n_said; i++)
		each(userdata, kernel.said[i]);
	return r;
}

struct probe {
	int unused;
};

int probe_open(const struct facts_ip *a _unused_, const char *device _unused_, struct probe **ret)
{
	int r = may_answer();

	if (r < 0)
		return r;
	kernel.n_sockets++;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

int probe_ask(const char *opener _unused_, const struct facts_ip *a, struct probe **ret)
{
	return probe_open(a, NULL, ret);
}

/* The opener's answer takes as long as the test has it. */
int probe_ready(struct probe *p _unused_)
{
	if (kernel.n_sockets_refused > 0) {
		kernel.n_sockets_refused--;
		return -EIO;
	}
	if (kernel.opener_busy > 0) {
		kernel.opener_busy--;
		return 0;
	}
	return kernel.opener_error < 0 ? kernel.opener_error : 1;
}

struct probe *probe_close(struct probe *p)
{
	free(p);
	return NULL;
}

int probe_fd(const struct probe *p _unused_)
{
	return 0;
}

int probe_renew(struct probe *p _unused_)
{
	return may_answer();
}

int probe_send(struct probe *p _unused_, uint16_t seq _unused_)
{
	bool struck = is_struck();

	kernel.n_requests++;
	if (struck && kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (struck && kernel.fault == KERNEL_NEVER_TELLS)
		return 0;
	if (kernel.n_lost_requests > 0) {
		kernel.n_lost_requests--;
	} else if (kernel.keeping_answers) {
		keep_answer(&kernel.bonds[0], kernel.answers_in_hardware);
	} else if (kernel.answering) {
		carry(&kernel.bonds[0], 1, kernel.answers_in_hardware);
		kernel.answers++;
	}
	return 0;
}

int probe_read(struct probe *p _unused_)
{
	bool struck = is_struck();
	int n = kernel.answers;

	if (struck && kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (struck && kernel.fault == KERNEL_IS_LATE)
		return 0;
	kernel.answers = 0;
	if (struck && kernel.fault == KERNEL_TELLS_TWICE)
		return 2 * n;
	return struck && kernel.fault == KERNEL_NEVER_TELLS ? 0 : n;
}

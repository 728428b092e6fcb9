/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include <check.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <sys/eventfd.h>

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

struct facts_link *kernel_port_named(const char *name, struct fake_bond **ret_bond, size_t *ret_i)
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

static void set_carrier(const char *name, bool carrier)
{
	struct fake_bond *bond;
	size_t i;
	struct facts_link *port = kernel_port_named(name, &bond, &i);

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
		name ? kernel_port_named(name, &bond, &i)->ifindex : FACTS_NO_LINK;
}

void kernel_renames_port(const char *name, const char *new_name)
{
	struct fake_bond *bond;
	size_t i;
	struct facts_link *port = kernel_port_named(name, &bond, &i);

	snprintf(port->name, sizeof(port->name), "%s", new_name);
	say(port, 0, false);
}

void kernel_exchanges_names(size_t b, size_t other)
{
	char name[FACTS_NAME_SIZE];

	memcpy(name, kernel.bonds[b].link.name, sizeof(name));
	memcpy(kernel.bonds[b].link.name, kernel.bonds[other].link.name, sizeof(name));
	memcpy(kernel.bonds[other].link.name, name, sizeof(name));
	say(&kernel.bonds[b].link, 0, false);
}

void kernel_counts_failure(const char *name)
{
	struct fake_bond *bond;
	size_t i;

	kernel_port_named(name, &bond, &i)->port.link_failures++;
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
	struck = kernel_is_struck();
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
	int r = kernel_may_answer();

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

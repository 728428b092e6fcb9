/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lets a scenario of the lab use one adapter to a program at a time, against the real programs:
 *
 *	probe-adapters observe [BOND…]
 *	probe-adapters profiles
 *	probe-adapters set-feature UUID on|off|unset
 *	probe-adapters activate UUID BOND SECONDS [PORT…]
 *	probe-adapters unit UNIT
 *	probe-adapters restart UNIT SECONDS
 *	probe-adapters start-again UNIT SECONDS
 *	probe-adapters sas
 *	probe-adapters replace CONN AUTO was-up|was-down
 *	probe-adapters up CONN SECONDS
 *	probe-adapters wait SECONDS CONN…
 *
 * No call to a program takes longer than $PROBE_SECONDS, else 20. Prints "result: NUMBER" and lines
 *of "NAME: VALUE". Exit status: 0 when the call came back at all, 2 for wrong usage.
 */

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>

#include "ipsec.h"
#include "nm-look.h"
#include "nm.h"
#include "observer.h"
#include "pluto-messages.h"
#include "units.h"

static uint64_t limit_usec = 20000000;
static struct ipsec ipsec;

static uint64_t seconds(const char *text)
{
	return strtoull(text, NULL, 10) * 1000000;
}

static const char *or_none(const char *s)
{
	return s ? s : "(none)";
}

static void tell(int r)
{
	printf("result: %d%s%s\n", r, r < 0 ? " " : "", r < 0 ? strerror(-r) : "");
}

static void tell_profile(const struct facts_profile *p)
{
	printf("profile %s: id=%s uuid=%s file=%s device=%d active=%d writable=%d autoconnect=%d "
	       "ports=%d feature=%d held-back=%zu\n",
	       p->bond, or_none(p->id), p->uuid, or_none(p->filename), p->device_path != NULL,
	       p->active, p->writable, p->autoconnect, p->autoconnect_ports, p->esp_hw_offload,
	       p->n_ports_held_back);
}

static void tell_link(const struct facts_link *l)
{
	printf("link %s: kind=%s up=%d carrier=%d driver=%s esp=%s rx-all=%s counters=%d\n",
	       l->name, l->kind, l->up, l->carrier, l->driver.name,
	       facts_feature_name(l->esp_hw_offload), facts_feature_name(l->rx_all),
	       l->has_counters);
}

static void tell_tunnel(const struct facts_tunnel *t)
{
	printf("tunnel %s: serial=%lu ike=%lu in=%llu out=%llu lost=%d offloaded=%d\n", t->conn,
	       t->serial, t->ike, (unsigned long long)t->in_bytes, (unsigned long long)t->out_bytes,
	       t->kernel_lost, t->offloaded);
}

static int observe(int argc, char *argv[])
{
	const struct observer_options options = {
		.bonds = argc > 0 ? (const char *const *)argv : NULL,
		.n_bonds = (size_t)argc,
		.ipsec = ipsec,
		.limit_usec = limit_usec,
		.sas = true,
	};
	_cleanup_(facts_freep) struct facts *f = NULL;
	int r;

	r = observer_look(&options, &f);
	tell(r);
	if (r < 0)
		return 0;
	printf("kernel: %s esp4=%d esp6=%d\n", f->kernel, f->esp4_offload, f->esp6_offload);
	for (size_t i = 0; i < f->n_links; i++)
		tell_link(&f->links[i]);
	printf("nm: %d\n", f->nm_running);
	for (size_t i = 0; i < f->n_profiles; i++)
		tell_profile(&f->profiles[i]);
	printf("libreswan: installed=%d %u.%u unit=%s pluto=%d conf=%d\n", f->ipsec_installed,
	       f->libreswan.major, f->libreswan.minor, facts_unit_state_name(f->ipsec_unit),
	       f->pluto_answers, f->conf != NULL);
	for (size_t i = 0; i < f->n_tunnels; i++)
		tell_tunnel(&f->tunnels[i]);
	printf("sas: known=%d n=%zu\n", f->sas_known, f->n_sas);
	return 0;
}

static sd_bus *open_bus(void)
{
	sd_bus *bus = NULL;

	if (sd_bus_open_system(&bus) < 0)
		tell(-ENOTCONN);
	return bus;
}

static int profiles(int argc _unused_, char *argv[] _unused_)
{
	sd_bus *bus = open_bus();
	struct facts_profile *p = NULL;
	size_t n = 0;

	if (!bus)
		return 0;
	tell(nm_look(bus, limit_usec, &p, &n, NULL));
	for (size_t i = 0; i < n; i++)
		tell_profile(&p[i]);
	facts_profiles_free(p, n);
	sd_bus_flush_close_unref(bus);
	return 0;
}

static int open_nm(struct nm **ret)
{
	int r = nm_open(limit_usec, ret);

	if (r < 0)
		tell(r);
	return r;
}

static int set_feature(int argc _unused_, char *argv[])
{
	_cleanup_(nm_closep) struct nm *nm = NULL;
	int value = streq(argv[1], "on") ? 1 : streq(argv[1], "off") ? 0 : -1;

	if (open_nm(&nm) < 0)
		return 0;
	tell(nm_set_feature(nm, argv[0], value, limit_usec));
	printf("error: %s\n", nm_error(nm));
	return 0;
}

static int activate(int argc _unused_, char *argv[])
{
	_cleanup_(nm_outcome_done) struct nm_outcome outcome = NM_OUTCOME_NULL;
	_cleanup_(nm_closep) struct nm *nm = NULL;

	if (open_nm(&nm) < 0)
		return 0;
	tell(nm_activate(nm, argv[0], argv[1], (const char *const *)argv + 3, seconds(argv[2]),
			 &outcome));
	printf("activated: %d\nrolled-back: %d\nmilliseconds: %llu\nby-hand:", outcome.activated,
	       outcome.rolled_back, (unsigned long long)outcome.usec / 1000);
	for (size_t i = 0; i < outcome.n_by_hand; i++)
		printf(" %s", outcome.by_hand[i]);
	printf("\nerror: %s\nnm-error: %s\n", or_none(outcome.error), nm_error(nm));
	return 0;
}

static int unit(int argc _unused_, char *argv[])
{
	struct units_state state;
	sd_bus *bus = open_bus();
	int r;

	if (!bus)
		return 0;
	r = units_look(bus, argv[0], limit_usec, &state);
	tell(r);
	if (r >= 0)
		printf("state: %s\npid: %d\n", facts_unit_state_name(state.state),
		       (int)state.main_pid);
	sd_bus_flush_close_unref(bus);
	return 0;
}

static int run_unit(char *argv[], int (*what)(sd_bus *, const char *, uint64_t, char **))
{
	_cleanup_free_ char *text = NULL;
	sd_bus *bus = open_bus();

	if (!bus)
		return 0;
	tell(what(bus, argv[0], seconds(argv[1]), &text));
	printf("text: %s\n", or_none(text));
	sd_bus_flush_close_unref(bus);
	return 0;
}

static int restart(int argc _unused_, char *argv[])
{
	return run_unit(argv, units_restart);
}

static int start_again(int argc _unused_, char *argv[])
{
	return run_unit(argv, units_start_again);
}

static int sas(int argc _unused_, char *argv[] _unused_)
{
	struct pluto_sas s = PLUTO_SAS_NULL;
	char ip[FACTS_IP_TEXT_SIZE];

	tell(ipsec_sas(&ipsec, &s));
	for (size_t i = 0; i < s.n; i++)
		printf("sa %s: spi=0x%08x to=%s %s serial=%lu ike=%lu\n", s.items[i].conn,
		       s.items[i].spi, facts_ip_print(&s.items[i].destination, ip),
		       s.items[i].direction == FACTS_IN ? "in" : "out", s.items[i].serial,
		       s.items[i].ike);
	pluto_sas_done(&s);
	return 0;
}

static void tell_text(const char *text)
{
	struct pluto_messages m = PLUTO_MESSAGES_NULL;

	if (!text || pluto_messages_match(text, &m) < 0)
		return;
	for (size_t i = 0; i < m.n; i++)
		printf("cause: %s\n", m.items[i].cause->id);
	pluto_messages_done(&m);
	printf("%s", text);
}

static int replace(int argc _unused_, char *argv[])
{
	_cleanup_free_ char *text = NULL;

	tell(ipsec_replace(&ipsec, argv[0], ipsec_auto_parse(argv[1]), streq(argv[2], "was-up"),
			   &text));
	tell_text(text);
	return 0;
}

static int up(int argc _unused_, char *argv[])
{
	_cleanup_free_ char *text = NULL;

	tell(ipsec_initiate(&ipsec, argv[0], seconds(argv[1]), &text));
	tell_text(text);
	return 0;
}

static int wait_established(int argc, char *argv[])
{
	const char *missing = NULL;

	tell(ipsec_wait_established(&ipsec, (const char *const *)argv + 1, (size_t)argc - 1,
				    seconds(argv[0]), &missing));
	printf("missing: %s\n", or_none(missing));
	return 0;
}

static const struct {
	const char *name;
	int min_args;
	int (*run)(int argc, char *argv[]);
} verbs[] = {
	{ "observe", 0, observe },
	{ "profiles", 0, profiles },
	{ "set-feature", 2, set_feature },
	{ "activate", 3, activate },
	{ "unit", 1, unit },
	{ "restart", 2, restart },
	{ "start-again", 2, start_again },
	{ "sas", 0, sas },
	{ "replace", 3, replace },
	{ "up", 2, up },
	{ "wait", 2, wait_established },
};

int main(int argc, char *argv[])
{
	if (getenv("PROBE_SECONDS"))
		limit_usec = seconds(getenv("PROBE_SECONDS"));
	ipsec.limit_usec = limit_usec;

	for (size_t i = 0; argc >= 2 && i < ARRAY_SIZE(verbs); i++)
		if (streq(argv[1], verbs[i].name) && argc - 2 >= verbs[i].min_args)
			return verbs[i].run(argc - 2, argv + 2);
	fprintf(stderr, "usage: see the head of probe-adapters.c\n");
	return 2;
}

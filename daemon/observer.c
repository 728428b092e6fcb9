/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "observer.h"

#include <systemd/sd-bus.h>

#include "ethtool.h"
#include "host.h"
#include "ipsec-conf.h"
#include "ipsec-files.h"
#include "link.h"
#include "names.h"
#include "nm-look.h"
#include "units.h"
#include "xfrm.h"

#define DEFAULT_LIMIT_USEC UINT64_C(10000000)

/* One look, as it goes on. */
struct look {
	const struct observer_options *options;
	uint64_t limit_usec;
	sd_bus *bus; /* NULL: there is none */
	struct facts *facts;
};

static int look_at_kernel(struct look *l)
{
	struct host host;
	int r;

	r = host_observe("", &host);
	if (r < 0)
		return r;
	memcpy(l->facts->kernel, host.kernel, sizeof(l->facts->kernel));
	memcpy(l->facts->kernel_build, host.kernel_build, sizeof(l->facts->kernel_build));
	l->facts->esp4_offload = host.esp4_offload;
	l->facts->esp6_offload = host.esp6_offload;
	return 0;
}

static int look_at_links(struct look *l)
{
	int r;

	r = link_dump(&l->facts->links, &l->facts->n_links);
	if (r < 0)
		return r;
	return link_dump_addresses(&l->facts->addresses, &l->facts->n_addresses);
}

static bool is_wanted(const struct look *l, const struct facts_link *bond)
{
	if (!facts_is_bond(bond))
		return false;
	if (!l->options->bonds)
		return true;
	for (size_t i = 0; i < l->options->n_bonds; i++)
		if (streq(l->options->bonds[i], bond->name))
			return true;
	return false;
}

/* What cannot be asked is not known. */
static enum facts_feature feature_of(struct ethtool *e, const char *name, const char *feature)
{
	enum facts_feature state;

	return ethtool_get_feature(e, name, feature, &state) < 0 ? FACTS_FEATURE_UNKNOWN : state;
}

static void ask_ethtool(struct ethtool *e, struct facts_link *link)
{
	if (ethtool_get_driver(e, link->name, &link->driver) < 0)
		link->driver = (struct facts_driver){ 0 };
	link->esp_hw_offload = feature_of(e, link->name, FEATURE_ESP_HW_OFFLOAD);
	link->rx_all = feature_of(e, link->name, FEATURE_RX_ALL);
	link->has_counters = ethtool_get_counters(e, link->name, &link->counters) >= 0;
}

static int look_at_features(struct look *l)
{
	_cleanup_(ethtool_closep) struct ethtool *e = NULL;
	struct facts *f = l->facts;

	if (ethtool_open(&e) < 0)
		return 0;
	for (size_t i = 0; i < f->n_links; i++) {
		const struct facts_link *bond = facts_link_by_index(f, f->links[i].master);

		if (is_wanted(l, &f->links[i]) || (bond && is_wanted(l, bond)))
			ask_ethtool(e, &f->links[i]);
	}
	return 0;
}

static int look_at_profiles(struct look *l)
{
	int r;

	if (!l->bus)
		return 0;
	r = nm_look(l->bus, l->limit_usec, &l->facts->profiles, &l->facts->n_profiles, NULL);
	l->facts->nm_running = r >= 0;
	l->facts->nm_silent = r == -ETIMEDOUT || r == -EIO;
	return r == -ENOMEM ? r : 0;
}

static int look_at_unit(struct look *l)
{
	struct units_state state;

	if (l->bus && units_look(l->bus, IPSEC_UNIT, l->limit_usec, &state) >= 0)
		l->facts->ipsec_unit = state.state;
	return 0;
}

static int look_at_libreswan(struct look *l)
{
	struct ipsec_files_options options = { .config = l->options->ipsec_conf };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	struct facts *f = l->facts;
	int r;

	r = ipsec_version(&l->options->ipsec, &f->libreswan);
	if (r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	f->ipsec_installed = true;
	/* Another IPsec names none of Libreswan's, and what may not be run stays so. */
	f->version_silent = r < 0 && r != -EBADMSG && r != -EACCES;
	options.version = IPSEC_FILES_VERSION;
	if (f->libreswan.major > 0)
		options.version = (struct libreswan_version){ .major = f->libreswan.major,
							      .minor = f->libreswan.minor };
	r = ipsec_files_load(&options, &files);
	if (r < 0)
		return r;
	f->conf = ipsec_files_take_conf(files);
	return 0;
}

static int compare_serials(const void *a, const void *b)
{
	const struct pluto_sa *x = a, *y = b;

	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static int take_sa(struct facts_tunnel *t, const struct pluto_sa *sa)
{
	t->ike = sa->ike;
	t->spi = sa->spi;
	if (!sa->ike_conn)
		return 0;
	t->ike_conn = strdup(sa->ike_conn);
	return t->ike_conn ? 0 : -ENOMEM;
}

/*
 * Pluto's own list of SAs tells which IKE SA a tunnel hangs on, and whose that is, and which of the
 * kernel's is its.
 */
static int look_at_ike_sas(struct look *l)
{
	struct pluto_sas sas = PLUTO_SAS_NULL;
	int r;

	r = ipsec_sas(&l->options->ipsec, &sas);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (sas.n > 0)
		qsort(sas.items, sas.n, sizeof(*sas.items), compare_serials);
	for (size_t i = 0; r >= 0 && i < l->facts->n_tunnels; i++) {
		const struct pluto_sa key = { .serial = l->facts->tunnels[i].serial };
		const struct pluto_sa *sa =
			sas.n > 0 ? bsearch(&key, sas.items, sas.n, sizeof(key), compare_serials)
				  : NULL;

		if (sa)
			r = take_sa(&l->facts->tunnels[i], sa);
	}
	pluto_sas_done(&sas);
	return r < 0 ? r : 0;
}

static int look_at_tunnels(struct look *l)
{
	int r;

	if (!l->facts->ipsec_installed)
		return 0;
	r = ipsec_tunnels(&l->options->ipsec, &l->facts->tunnels, &l->facts->n_tunnels);
	l->facts->pluto_answers = r >= 0;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return l->facts->n_tunnels > 0 ? look_at_ike_sas(l) : 0;
}

static int look_at_sas(struct look *l)
{
	struct facts *f = l->facts;
	int r;

	if (!l->options->sas)
		return 0;
	r = xfrm_dump(f->addresses, f->n_addresses, &f->sas, &f->n_sas);
	f->sas_known = r >= 0;
	return r == -ENOMEM ? r : 0;
}

/* In an order in which each can use what those before it have seen. */
static int (*const looks[])(struct look *l) = {
	look_at_kernel, look_at_links,     look_at_features, look_at_profiles,
	look_at_unit,   look_at_libreswan, look_at_tunnels,  look_at_sas,
};

int observer_look(const struct observer_options *options, struct facts **ret)
{
	static const struct observer_options nothing = { 0 };
	_cleanup_(facts_freep) struct facts *facts = NULL;
	struct look l = { .options = options ? options : &nothing };
	int r = 0;

	facts = calloc(1, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	l.facts = facts;
	l.limit_usec = l.options->limit_usec ? l.options->limit_usec : DEFAULT_LIMIT_USEC;

	if (sd_bus_open_system(&l.bus) < 0)
		l.bus = NULL;
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(looks); i++)
		r = looks[i](&l);
	/* All that was asked is answered, or not wanted any more. */
	sd_bus_close(l.bus);
	sd_bus_unref(l.bus);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(facts);
	return 0;
}

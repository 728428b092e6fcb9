/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "observer.h"

#include <systemd/sd-bus.h>

#include "ethtool.h"
#include "host.h"
#include "ipsec-files.h"
#include "link.h"
#include "nm-look.h"
#include "unit.h"
#include "units.h"
#include "xfrm.h"

/*
 * The observer with adapters that are only played: what each of them answers stands in a struct,
 * and 0 in all of it is a host where everything works and nothing is configured.
 */

static struct {
	int host, links, addresses, ethtool, feature, counters;
	int bus, nm;
	int version, files, tunnels, sas, unit, dump;
	unsigned int n_tunnels;
	char asked[128]; /* the interfaces that ethtool was asked for */
	bool sas_dumped;
} play;

int host_observe(const char *root, struct host *ret)
{
	(void)root;
	*ret = (struct host){ .kernel = "6.1.0", .esp4_offload = true };
	return play.host;
}

int link_dump(struct facts_link **ret, size_t *ret_n)
{
	static const struct facts_link links[] = {
		{ .ifindex = 1, .name = "lo" },
		{ .ifindex = 2, .name = "ix0", .master = 4 },
		{ .ifindex = 3, .name = "ix1", .master = 5 },
		{ .ifindex = 4, .name = "bond0", .kind = "bond" },
		{ .ifindex = 5, .name = "bond1", .kind = "bond" },
		{ .ifindex = 6, .name = "br0", .kind = "bridge" },
		{ .ifindex = 7, .name = "eth0", .master = 6 },
	};

	play.asked[0] = '\0';
	if (play.links < 0)
		return play.links;
	*ret = malloc(sizeof(links));
	ck_assert_ptr_nonnull(*ret);
	memcpy(*ret, links, sizeof(links));
	*ret_n = ARRAY_SIZE(links);
	return 0;
}

int link_dump_addresses(struct facts_address **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return play.addresses;
}

int ethtool_open(struct ethtool **ret)
{
	*ret = play.ethtool < 0 ? NULL : malloc(1);
	return play.ethtool;
}

struct ethtool *ethtool_close(struct ethtool *e)
{
	free(e);
	return NULL;
}

int ethtool_get_driver(struct ethtool *e, const char *name, struct facts_driver *ret)
{
	(void)e;
	ck_assert_uint_lt(strlen(play.asked) + strlen(name) + 1, sizeof(play.asked));
	strcat(strcat(play.asked, name), " ");
	*ret = (struct facts_driver){ .name = "ixgbe" };
	return 0;
}

int ethtool_get_feature(struct ethtool *e, const char *name, const char *feature,
			enum facts_feature *ret)
{
	(void)e, (void)name;
	if (play.feature < 0)
		return play.feature;
	*ret = streq(feature, "esp-hw-offload") ? FACTS_FEATURE_ON : FACTS_FEATURE_OFF;
	return 0;
}

int ethtool_get_counters(struct ethtool *e, const char *name, struct facts_counters *ret)
{
	(void)e, (void)name;
	if (play.counters < 0)
		return play.counters;
	*ret = (struct facts_counters){ .tx_ipsec = 7, .rx_ipsec = 8 };
	return 0;
}

int nm_look(sd_bus *bus, uint64_t limit_usec, struct facts_profile **ret, size_t *ret_n,
	    sd_bus_error *ret_error)
{
	(void)limit_usec, (void)ret_error;
	ck_assert_ptr_nonnull(bus);
	if (play.nm < 0)
		return play.nm;
	*ret = calloc(1, sizeof(**ret));
	ck_assert_ptr_nonnull(*ret);
	strcpy((*ret)->bond, "bond0");
	*ret_n = 1;
	return 0;
}

int units_look(sd_bus *bus, const char *unit, uint64_t limit_usec, struct units_state *ret)
{
	(void)limit_usec;
	ck_assert_ptr_nonnull(bus);
	ck_assert_str_eq(unit, "ipsec.service");
	*ret = (struct units_state){ .state = FACTS_UNIT_ACTIVE };
	return play.unit;
}

/* A bus that is never used. */
int __wrap_sd_bus_open_system(sd_bus **ret);
int __wrap_sd_bus_open_system(sd_bus **ret)
{
	return play.bus < 0 ? play.bus : sd_bus_new(ret);
}

int ipsec_version(const struct ipsec *ipsec, struct facts_version *ret)
{
	(void)ipsec;
	if (play.version < 0)
		return play.version;
	*ret = (struct facts_version){ 4, 10 };
	return 0;
}

int ipsec_tunnels(const struct ipsec *ipsec, struct facts_tunnel **ret, size_t *ret_n)
{
	static const unsigned long serials[] = { 9, 2, 5 };

	(void)ipsec;
	if (play.tunnels < 0)
		return play.tunnels;
	*ret = calloc(play.n_tunnels + 1, sizeof(**ret));
	ck_assert_ptr_nonnull(*ret);
	for (*ret_n = 0; *ret_n < play.n_tunnels; (*ret_n)++)
		(*ret)[*ret_n].serial = serials[*ret_n];
	return 0;
}

int ipsec_sas(const struct ipsec *ipsec, struct pluto_sas *ret)
{
	static const struct pluto_sa sas[] = { { .serial = 9, .ike = 1, .spi = 0x91 },
					       { .serial = 9, .ike = 1, .spi = 0x91 },
					       { .serial = 2, .ike = 3, .spi = 0x23 } };

	(void)ipsec;
	if (play.sas < 0)
		return play.sas;
	*ret = (struct pluto_sas){ .items = malloc(sizeof(sas)), .n = ARRAY_SIZE(sas) };
	ck_assert_ptr_nonnull(ret->items);
	memcpy(ret->items, sas, sizeof(sas));
	ret->items[0].ike_conn = strdup("own");
	ret->items[1].ike_conn = strdup("own");
	return 0;
}

struct ipsec_files {
	char unused;
};

int ipsec_files_load(const struct ipsec_files_options *options, struct ipsec_files **ret)
{
	ck_assert_uint_gt(options->version.major, 0);
	*ret = play.files < 0 ? NULL : malloc(1);
	return play.files;
}

struct ipsec_files *ipsec_files_free(struct ipsec_files *files)
{
	free(files);
	return NULL;
}

struct ipsec_conf *ipsec_files_take_conf(struct ipsec_files *files)
{
	(void)files;
	return malloc(1);
}

struct ipsec_conf *ipsec_conf_free(struct ipsec_conf *conf)
{
	free(conf);
	return NULL;
}

int xfrm_dump(const struct facts_address *addresses, size_t n_addresses, struct facts_sa **ret,
	      size_t *ret_n)
{
	(void)addresses, (void)n_addresses;
	play.sas_dumped = true;
	if (play.dump < 0)
		return play.dump;
	*ret = calloc(1, sizeof(**ret));
	*ret_n = 1;
	return 0;
}

static struct facts *seen;

static void look(const struct observer_options *options)
{
	ck_assert_int_eq(observer_look(options, &seen), 0);
}

static void done(void)
{
	seen = facts_free(seen);
}

START_TEST(all_is_seen_where_all_answers)
{
	const struct observer_options options = { .sas = true };

	play.n_tunnels = 1;
	look(&options);
	ck_assert_str_eq(seen->kernel, "6.1.0");
	ck_assert(seen->esp4_offload && !seen->esp6_offload);
	ck_assert_uint_eq(seen->n_links, 7);
	ck_assert(seen->nm_running);
	ck_assert_uint_eq(seen->n_profiles, 1);
	ck_assert(seen->ipsec_installed);
	ck_assert_uint_eq(seen->libreswan.major, 4);
	ck_assert_ptr_nonnull(seen->conf);
	ck_assert_int_eq(seen->ipsec_unit, FACTS_UNIT_ACTIVE);
	ck_assert(seen->pluto_answers);
	ck_assert_uint_eq(seen->n_tunnels, 1);
	ck_assert(seen->sas_known);
	ck_assert_uint_eq(seen->n_sas, 1);
	done();
}
END_TEST

START_TEST(ethtool_is_asked_for_bonds_and_their_ports_only)
{
	look(NULL);
	ck_assert_str_eq(play.asked, "ix0 ix1 bond0 bond1 ");
	ck_assert_int_eq(facts_link_by_name(seen, "ix0")->esp_hw_offload, FACTS_FEATURE_ON);
	ck_assert_int_eq(facts_link_by_name(seen, "ix0")->rx_all, FACTS_FEATURE_OFF);
	ck_assert_uint_eq(facts_link_by_name(seen, "ix0")->counters.rx_ipsec, 8);
	ck_assert_int_eq(facts_link_by_name(seen, "eth0")->esp_hw_offload, FACTS_FEATURE_UNKNOWN);
	done();
}
END_TEST

START_TEST(other_bonds_than_those_that_matter_are_left_alone)
{
	static const char *const bonds[] = { "bond1", "bond7" };
	const struct observer_options options = { .bonds = bonds, .n_bonds = 2 };

	look(&options);
	ck_assert_str_eq(play.asked, "ix1 bond1 ");
	done();
}
END_TEST

START_TEST(what_ethtool_does_not_say_is_not_known)
{
	play.feature = -EIO;
	play.counters = -ENOENT;
	look(NULL);
	ck_assert_int_eq(facts_link_by_name(seen, "ix0")->esp_hw_offload, FACTS_FEATURE_UNKNOWN);
	ck_assert(!facts_link_by_name(seen, "ix0")->has_counters);
	done();

	play.ethtool = -EMFILE;
	look(NULL);
	ck_assert_str_eq(facts_link_by_name(seen, "ix0")->driver.name, "");
	done();
}
END_TEST

START_TEST(a_networkmanager_that_does_not_answer_is_a_fact)
{
	play.nm = -ESRCH;
	look(NULL);
	ck_assert(!seen->nm_running);
	ck_assert_uint_eq(seen->n_profiles, 0);
	done();
}
END_TEST

START_TEST(who_has_not_answered_is_known_from_who_is_not_there)
{
	look(NULL);
	ck_assert(!facts_is_incomplete(seen));
	done();

	play.nm = -ETIMEDOUT;
	look(NULL);
	ck_assert(!seen->nm_running && seen->nm_silent);
	ck_assert(facts_is_incomplete(seen));
	done();

	play.nm = -ESRCH;
	look(NULL);
	ck_assert(!facts_is_incomplete(seen));
	done();

	play.nm = 0;
	play.version = -ETIMEDOUT;
	look(NULL);
	ck_assert(seen->version_silent && facts_is_incomplete(seen));
	done();

	play.version = -EBADMSG; /* strongSwan */
	look(NULL);
	ck_assert(!facts_is_incomplete(seen));
	done();

	/* systemd shows it as running. */
	play.version = 0;
	play.tunnels = -ETIMEDOUT;
	look(NULL);
	ck_assert(facts_is_incomplete(seen));
	done();

	play.unit = -ENOENT;
	look(NULL);
	ck_assert(!facts_is_incomplete(seen));
	done();
}
END_TEST

START_TEST(without_a_bus_neither_networkmanager_nor_systemd_is_asked)
{
	play.bus = -ENOENT;
	look(NULL);
	ck_assert(!seen->nm_running);
	ck_assert_int_eq(seen->ipsec_unit, FACTS_UNIT_UNKNOWN);
	ck_assert(seen->ipsec_installed);
	done();
}
END_TEST

START_TEST(without_libreswan_there_is_no_configuration_to_read)
{
	play.version = -ENOENT;
	look(NULL);
	ck_assert(!seen->ipsec_installed);
	ck_assert(!seen->pluto_answers);
	ck_assert_ptr_null(seen->conf);
	done();
}
END_TEST

START_TEST(a_libreswan_that_does_not_tell_its_version_is_installed_all_the_same)
{
	play.version = -ETIMEDOUT;
	look(NULL);
	ck_assert(seen->ipsec_installed);
	ck_assert_uint_eq(seen->libreswan.major, 0);
	ck_assert_ptr_nonnull(seen->conf);
	done();
}
END_TEST

START_TEST(a_pluto_that_does_not_answer_is_a_fact)
{
	play.tunnels = -ENOTCONN;
	look(NULL);
	ck_assert(!seen->pluto_answers);
	ck_assert_uint_eq(seen->n_tunnels, 0);
	done();
}
END_TEST

START_TEST(each_tunnel_gets_its_ike_sa)
{
	play.n_tunnels = 3;
	look(NULL);
	ck_assert_uint_eq(seen->tunnels[0].ike, 1);
	ck_assert_uint_eq(seen->tunnels[1].ike, 3);
	ck_assert_uint_eq(seen->tunnels[2].ike, 0);
	ck_assert_str_eq(seen->tunnels[0].ike_conn, "own");
	ck_assert_ptr_null(seen->tunnels[1].ike_conn);
	ck_assert_uint_eq(seen->tunnels[0].spi, 0x91);
	ck_assert_uint_eq(seen->tunnels[1].spi, 0x23);
	ck_assert_uint_eq(seen->tunnels[2].spi, 0);
	done();

	play.sas = -ETIMEDOUT;
	look(NULL);
	ck_assert(seen->pluto_answers);
	ck_assert_uint_eq(seen->tunnels[0].ike, 0);
	done();
}
END_TEST

START_TEST(a_unit_that_cannot_be_asked_is_not_known)
{
	play.unit = -ENOTCONN;
	look(NULL);
	ck_assert_int_eq(seen->ipsec_unit, FACTS_UNIT_UNKNOWN);
	done();
}
END_TEST

START_TEST(sas_that_were_not_dumped_are_not_known)
{
	const struct observer_options options = { .sas = true };

	look(NULL);
	ck_assert(!seen->sas_known);
	ck_assert(!play.sas_dumped);
	done();

	play.dump = -EPERM;
	look(&options);
	ck_assert(play.sas_dumped);
	ck_assert(!seen->sas_known);
	done();
}
END_TEST

START_TEST(without_links_there_is_nothing_to_see)
{
	struct facts *facts = NULL;

	play.links = -EAGAIN;
	ck_assert_int_eq(observer_look(NULL, &facts), -EAGAIN);
	ck_assert_ptr_null(facts);
	play.links = 0;
	play.addresses = -ETIMEDOUT;
	ck_assert_int_eq(observer_look(NULL, &facts), -ETIMEDOUT);
	play.addresses = 0;
	play.host = -EACCES;
	ck_assert_int_eq(observer_look(NULL, &facts), -EACCES);
}
END_TEST

START_TEST(no_memory_anywhere_ends_the_look)
{
	int *const parts[] = { &play.nm,      &play.version, &play.files,
			       &play.tunnels, &play.sas,     &play.dump };
	const struct observer_options options = { .sas = true };
	struct facts *facts = NULL;

	play.n_tunnels = 1;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		*parts[i] = -ENOMEM;
		ck_assert_int_eq(observer_look(&options, &facts), -ENOMEM);
		*parts[i] = 0;
	}
}
END_TEST

UNIT_MAIN("observer", all_is_seen_where_all_answers,
	  ethtool_is_asked_for_bonds_and_their_ports_only,
	  other_bonds_than_those_that_matter_are_left_alone, what_ethtool_does_not_say_is_not_known,
	  a_networkmanager_that_does_not_answer_is_a_fact,
	  who_has_not_answered_is_known_from_who_is_not_there,
	  without_a_bus_neither_networkmanager_nor_systemd_is_asked,
	  without_libreswan_there_is_no_configuration_to_read,
	  a_libreswan_that_does_not_tell_its_version_is_installed_all_the_same,
	  a_pluto_that_does_not_answer_is_a_fact, each_tunnel_gets_its_ike_sa,
	  a_unit_that_cannot_be_asked_is_not_known, sas_that_were_not_dumped_are_not_known,
	  without_links_there_is_nothing_to_see, no_memory_anywhere_ends_the_look)

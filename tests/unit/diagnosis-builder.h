/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnosis.h"
#include "facts-builder.h"

/*
 * A conn to be diagnosed: begin() makes one that is up and has nothing wrong, each verb changes one
 * thing, and cause() tells what is named first.
 */

static struct diagnosis_seen seen;
static struct diagnosis diagnosis;
static struct firewall rules;
static struct pluto_sas sas;
static bool rekeys; /* the kernel's SAs change while pluto is asked: seen.later_sas are set */

static inline void begin(void)
{
	begin_host();
	diagnosis = DIAGNOSIS_NULL;
	rules = FIREWALL_NULL;
	sas = PLUTO_SAS_NULL;
	rekeys = false;
	seen = (struct diagnosis_seen){
		.conn = "example",
		.is_root = true,
		.pluto = { .loaded = true,
			   .oriented = true,
			   .routed = true,
			   .interface = "bond0",
			   .ike = 1,
			   .child = 2 },
		.firewall = &rules,
		.pluto_sas = &sas,
		.path = { .answered = true, .device = 1500, .believed = 1466, .largest = 1466 },
		.path_is_inner = true,
		.bond = "bond0",
	};
	host.facts->tunnels[0].in_bytes = host.facts->tunnels[0].out_bytes = 840;
	host.facts->tunnels[0].serial = 2;
	/* The builder's SAs, as pluto would know them. */
	sas.items = calloc(2, sizeof(*sas.items));
	sas.n = 2;
	for (size_t i = 0; i < 2; i++)
		sas.items[i] = (struct pluto_sa){ .conn = strdup("example"),
						  .spi = host.facts->sas[i].spi,
						  .proto = 50,
						  .destination = host.facts->sas[i].destination };
}

static inline void end(void)
{
	diagnosis_done(&diagnosis);
	firewall_done(&rules);
	pluto_sas_done(&sas);
	end_host();
}

static inline void diagnose(void)
{
	diagnosis_done(&diagnosis);
	seen.facts = facts();
	if (!rekeys) {
		seen.later_sas = seen.facts->sas;
		seen.n_later_sas = seen.facts->n_sas;
	}
	ck_assert_int_eq(diagnosis_read_conn(&seen), 0);
	ck_assert_int_eq(diagnosis_make(&seen, &diagnosis), 0);
}

/* The id of the first fault; "" for none. */
static inline const char *cause(void)
{
	diagnose();
	return diagnosis_cause(&diagnosis) ? diagnosis_cause(&diagnosis)->id : "";
}

static inline const struct diagnosis_row *row(enum diagnosis_step step)
{
	for (size_t i = 0; i < diagnosis.n; i++)
		if (diagnosis.items[i].step == step)
			return &diagnosis.items[i];
	ck_abort_msg("no row of step %s", diagnosis_step_name(step));
	return NULL;
}

static inline void is_down(void)
{
	remove_tunnels();
	host.facts->n_sas = 0;
	sas.n = 0;
	free(sas.items[0].conn);
	free(sas.items[1].conn);
	seen.pluto.child = 0;
}

/* It was brought up, in vain, and that is what pluto said. */
static inline void failed_with(const char *said)
{
	is_down();
	seen.up_asked = seen.initiated = true;
	seen.said = said;
}

#define contains(text, what) ck_assert_msg(strstr(text, what), "no \"%s\" in \"%s\"", what, text)

static inline void iptables(const char *lines)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "*filter\n%sCOMMIT\n", lines);
	firewall_done(&rules);
	rules = FIREWALL_NULL;
	ck_assert_int_eq(firewall_read_iptables(t.data, AF_INET, NULL, &rules), 0);
}

/* Pings, UDP and TCP left through the tunnel, and nothing came in. */
static inline void nothing_comes_back(void)
{
	seen.path = (struct diagnosis_path){
		.to = ip_of(PEER), .device = 1500, .sent = 9, .knocks = 3
	};
	seen.traffic = (struct diagnosis_traffic){ .known = true, .out = 9, .usec = 4200000 };
}

/* A unit test's main(), with a conn for each test. */
#define DIAGNOSIS_MAIN(subject, ...)                                                               \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		return unit_run_fixture(subject, begin, end, tests,                                \
					sizeof(tests) / sizeof(tests[0]));                         \
	}

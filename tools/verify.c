/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>

#include "bond-text.h"
#include "bonds.h"
#include "fields.h"
#include "policy-words.h"
#include "terminal.h"
#include "times.h"
#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl verify [OPTION…] [BOND]\n\n"
	"Proves by counters whether the hardware does the ESP cryptography, now: the active\n"
	"port, its counters, traffic of the tunnel's own or pings, the counters again, the\n"
	"verdict. Of all bonds of the policy where none is named.\n\n"
	"Options:\n"
	"  --probe[=ADDRESS]         ping this address through the tunnel, or the one that the\n"
	"                            policy names; otherwise there must be traffic\n"
	"  --count=N                 so many pings; implies --probe\n"
	"  --within=TIME             how long to wait for traffic: 30s, 2min, 1500ms\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 offloaded, 4 partial or software, 5 not provable now, 1 error; of\n"
	"several bonds the worst.\n";

struct verifying {
	const char *address; /* NULL: the policy's */
	bool probe;
	unsigned int count;   /* 0: the policy's */
	uint64_t within_usec; /* 0: the policy's */
};

static int append_options(sd_bus_message *m, const void *userdata)
{
	const struct verifying *v = userdata;
	int r;

	r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
	if (r >= 0 && v->within_usec)
		r = sd_bus_message_append(m, "{sv}", "within_usec", "t", v->within_usec);
	if (r >= 0 && v->count)
		r = sd_bus_message_append(m, "{sv}", "count", "t", (uint64_t)v->count);
	if (r >= 0 && v->probe)
		r = sd_bus_message_append(m, "{sv}", "probe", "b", 1);
	if (r >= 0 && v->address)
		r = sd_bus_message_append(m, "{sv}", "address", "s", v->address);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ---- for people ---- */

#define NAMES_WIDTH 12

static void print_counters(const char *name, const json_t *proof, const char *tx, const char *rx)
{
	char line[128];

	snprintf(line, sizeof(line), "tx_ipsec %lld, rx_ipsec %lld",
		 (long long)field_integer(proof, tx), (long long)field_integer(proof, rx));
	terminal_field(NAMES_WIDTH, name, line);
}

static void print_flow(const char *name, const json_t *proof, const char *packets,
		       const char *hardware)
{
	json_int_t n = field_integer(proof, packets), by_hardware = field_integer(proof, hardware);
	char line[128];

	snprintf(line, sizeof(line), "%lld packet%s, %lld of them by the hardware", (long long)n,
		 n == 1 ? "" : "s", (long long)by_hardware);
	terminal_field(NAMES_WIDTH, name, line);
}

static void print_pings(const json_t *proof)
{
	char line[128];

	if (!field_is_there(proof, "probes_sent"))
		return;
	snprintf(line, sizeof(line), "%lld sent, %lld answered",
		 (long long)field_integer(proof, "probes_sent"),
		 (long long)field_integer(proof, "probes_answered"));
	terminal_field(NAMES_WIDTH, "Pings", line);
}

/* What to do about a verdict that is not the good one. */
static void print_advice(const struct verifying *v, const char *bond, const json_t *proof)
{
	int status = bond_text_verdict_status(field_string(proof, "verdict"));

	if (status == CTL_NOT_OFFLOADED)
		fprintf(stderr, "See \"esp-offloadctl check %s\" for the cause.\n", bond);
	else if (status == CTL_NOT_PROVABLE && field_is(proof, "port", ""))
		fprintf(stderr, "See \"esp-offloadctl status %s\" for its ports.\n", bond);
	else if (status == CTL_NOT_PROVABLE && !v->probe)
		fprintf(stderr,
			"Without packets there is no proof: send some through the tunnel "
			"meanwhile, or ping with\n\"esp-offloadctl verify %s --probe=ADDRESS\", "
			"an address at the tunnel's other end.\n",
			bond);
	else if (status == CTL_NOT_PROVABLE && field_is_there(proof, "probes_sent") &&
		 field_integer(proof, "probes_sent") == 0)
		fprintf(stderr, "It was not pinged, so that nothing is known of the tunnel: see "
				"\"journalctl -u esp-offloadd -u 'esp-offload-probe@*'\".\n");
	else if (status == CTL_NOT_PROVABLE)
		fprintf(stderr,
			"The pings made no packets in the tunnel, or it is down: see "
			"\"esp-offloadctl status %s\"\nand \"ipsec trafficstatus\".\n",
			bond);
}

static void print_proof(const struct ctl *ctl, const struct verifying *v, const json_t *bond,
			const json_t *proof)
{
	const char *port = field_string(proof, "port");
	const char *driver = field_string(bond_text_port(bond, port), "driver");
	enum tone tone = terminal_tone_of(field_string(proof, "verdict"));
	char line[512];

	snprintf(line, sizeof(line), "%s%s%s%s", *port ? port : "none", *driver ? " (" : "", driver,
		 *driver ? ")" : "");
	terminal_field(NAMES_WIDTH, "Bond", field_string(bond, "interface"));
	terminal_field(NAMES_WIDTH, "Active port", line);
	print_counters("Before", proof, "tx_ipsec_before", "rx_ipsec_before");
	print_pings(proof);
	print_flow("Transmitted", proof, "tx_packets", "tx_hardware");
	print_flow("Received", proof, "rx_packets", "rx_hardware");
	print_counters("After", proof, "tx_ipsec_after", "rx_ipsec_after");
	bond_text_verdict(proof, line, sizeof(line));
	printf("%*s: %s", NAMES_WIDTH, "Verdict", terminal_begin(ctl, tone));
	terminal_wrap(stdout, NAMES_WIDTH + 2, terminal_width(), line);
	fputs(terminal_end(ctl, tone), stdout);
	fflush(stdout);
	print_advice(v, field_string(bond, "interface"), proof);
}

/* ---- all of it ---- */

/* The answer's reason has the name that it has in the bond. */
static void adapt(json_t *proof, const json_t *bond)
{
	(void)json_object_set(proof, "bond", json_object_get(bond, "interface"));
	(void)json_object_set(proof, "verdict_reason", json_object_get(proof, "reason"));
	(void)json_object_del(proof, "reason");
}

static int verify(struct daemon *d, const struct ctl *ctl, const struct verifying *v,
		  const json_t *bond, json_t *proofs)
{
	const char *name = field_string(bond, "interface");
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *proof = NULL;
	char doing[128];
	int status, r;
	const struct daemon_question q = {
		.bond = name,
		.method = "Verify",
		.append = append_options,
		.userdata = v,
		.authorize = v->probe,
		.doing = doing,
	};

	snprintf(doing, sizeof(doing), "%s: %s", name,
		 v->probe ? "pinging through the tunnel, and comparing counters"
			  : "waiting for packets in the tunnel, and comparing counters");
	r = daemon_ask(d, ctl, &q, &proof, &error);
	if (r >= 0 && !json_is_object(proof))
		r = sd_bus_error_set_const(&error, SD_BUS_ERROR_INCONSISTENT_MESSAGE,
					   "esp-offloadd gave a strange answer");
	if (r < 0) {
		status = daemon_complain(&error, name);
		if (status == CTL_USAGE && v->probe && !v->address)
			fprintf(stderr,
				"Name one with \"esp-offloadctl verify %s --probe=ADDRESS\", or as "
				"\"proof: {probe: {address: …}}\"\nof the bond in the policy.\n",
				name);
		sd_bus_error_free(&error);
		json_decref(proof);
		return status;
	}
	adapt(proof, bond);
	status = bond_text_verdict_status(field_string(proof, "verdict"));
	if (ctl->json == CTL_JSON_OFF) {
		if (json_array_size(proofs) > 0)
			putchar('\n');
		print_proof(ctl, v, bond, proof);
	}
	(void)json_array_append_new(proofs, proof);
	return status;
}

static int verify_bonds(const struct ctl *ctl, const struct verifying *v, const char *name)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	json_t *document = NULL, *bonds = NULL, *proofs = json_array(), *bond;
	int status;
	size_t i;

	status = bonds_read(&d, &document);
	if (status == CTL_FINE)
		status = bonds_choose(document, name, &bonds);
	if (status == CTL_FINE && json_array_size(bonds) == 0) {
		ctl_error("The policy has no bond to verify.");
		status = CTL_ERROR;
	}
	json_array_foreach(bonds, i, bond)
	{
		status = bonds_worse(status, verify(d, ctl, v, bond, proofs));
		if (status == CTL_ERROR || status == CTL_USAGE)
			break;
	}
	if (ctl->json != CTL_JSON_OFF && json_array_size(proofs) > 0)
		status = bonds_worse(
			status, ctl_print_json(ctl, name ? json_incref(json_array_get(proofs, 0))
							 : json_pack("{s:O}", "proofs", proofs)));
	json_decref(proofs);
	json_decref(bonds);
	json_decref(document);
	return status;
}

int verb_verify(struct ctl *ctl, int argc, char **argv)
{
	enum {
		PROBE = CTL_OPTION_OWN,
		COUNT,
		WITHIN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "probe", optional_argument, NULL, PROBE },
						 { "count", required_argument, NULL, COUNT },
						 { "within", required_argument, NULL, WITHIN },
						 { 0 } };
	struct verifying v = { 0 };
	const char *name;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (option) {
		case PROBE:
			v.probe = true;
			v.address = optarg;
			break;
		case COUNT:
			if (policy_number_parse(optarg, &v.count) < 0 || v.count == 0) {
				ctl_error("--count= takes a number from 1 on, not \"%s\"", optarg);
				return CTL_USAGE;
			}
			v.probe = true;
			break;
		case WITHIN:
			if (times_parse_span(optarg, &v.within_usec) < 0 || v.within_usec == 0) {
				ctl_error("--within= takes a time such as 30s or 2min, not \"%s\"",
					  optarg);
				return CTL_USAGE;
			}
			break;
		default:
			status = ctl_option(ctl, option, optarg, help);
			if (status >= 0)
				return status;
		}
	}
	status = bonds_argument_here(ctl, argc, argv, &name);
	return status == CTL_FINE ? verify_bonds(ctl, &v, name) : status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bonds.h"
#include "fields.h"
#include "judgement.h"
#include "text.h"
#include "verbs.h"

/*
 * OpenMetrics 1.0 (the specification of that name): families with their type and help, samples of
 * one family together, "# EOF" at the end.
 */

static const char help[] =
	"Usage: esp-offloadctl metrics [OPTION…]\n\n"
	"Prints the state of all bonds as OpenMetrics, for a collector that reads a text file\n"
	"or a command's output. Where esp-offloadd does not run, esp_offload_up is 0 and\n"
	"nothing follows.\n\n"
	"Options:\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 fine, 1 error.\n";

/* A label's value: backslash, quote and newline are escaped. */
static void add_label(struct text *t, const char *name, const char *value, bool first)
{
	text_printf(t, "%s%s=\"", first ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			text_add_char(t, '\\');
		if (*value == '\n')
			text_add(t, "\\n");
		else
			text_add_char(t, *value);
	}
	text_add_char(t, '"');
}

static void add_family(struct text *t, const char *name, const char *type, const char *unit,
		       const char *about)
{
	text_printf(t, "# TYPE %s %s\n", name, type);
	if (unit)
		text_printf(t, "# UNIT %s %s\n", name, unit);
	text_printf(t, "# HELP %s %s\n", name, about);
}

/* The beginning of a sample with one label or two; the value comes next. */
static void begin_sample(struct text *t, const char *name, const char *bond, const char *label,
			 const char *value)
{
	text_printf(t, "%s{", name);
	add_label(t, "bond", bond, true);
	if (label)
		add_label(t, label, value, false);
	text_add(t, "} ");
}

/* A set of words of which one holds. */
static void add_stateset(struct text *t, const char *name, const char *about, const json_t *bonds,
			 const char *key, const char *const *words)
{
	json_t *bond;
	size_t i;

	add_family(t, name, "stateset", NULL, about);
	json_array_foreach(bonds, i, bond)
	{
		for (const char *const *word = words; *word; word++) {
			begin_sample(t, name, field_string(bond, "interface"), name, *word);
			text_printf(t, "%d\n", field_is(bond, key, *word));
		}
	}
}

static void add_flag(struct text *t, const char *name, const char *about, const json_t *bonds,
		     bool (*is_so)(const json_t *bond))
{
	json_t *bond;
	size_t i;

	add_family(t, name, "gauge", NULL, about);
	json_array_foreach(bonds, i, bond)
	{
		begin_sample(t, name, field_string(bond, "interface"), NULL, NULL);
		text_printf(t, "%d\n", is_so(bond));
	}
}

static bool has_feature(const json_t *bond)
{
	return field_bool(bond, "feature_enabled");
}

static bool has_active_port(const json_t *bond)
{
	return !field_is(bond, "active_port", "");
}

static void add_bonds(struct text *t, const json_t *bonds)
{
	static const char *const states[] = { "waiting",    "blocked", "applying",
					      "configured", "failed",  NULL };
	static const char *const verdicts[] = { "offloaded", "partial", "software", "unknown",
						NULL };
	json_t *bond;
	size_t i;

	add_stateset(t, "esp_offload_bond_state", "The state of the bond.", bonds, "state", states);
	add_stateset(t, "esp_offload_bond_verdict", "What the counters prove.", bonds, "verdict",
		     verdicts);

	add_family(t, "esp_offload_bond_hardware_ratio", "gauge", "ratio",
		   "The share of the packets that went through the hardware, in the last proof.");
	json_array_foreach(bonds, i, bond)
	{
		if (field_is(bond, "verdict", "unknown"))
			continue;
		begin_sample(t, "esp_offload_bond_hardware_ratio", field_string(bond, "interface"),
			     NULL, NULL);
		text_printf(t, "%.6f\n", field_real(bond, "ratio"));
	}

	add_flag(t, "esp_offload_bond_feature_enabled",
		 "Whether the bond's esp-hw-offload bit is on.", bonds, has_feature);
	add_flag(t, "esp_offload_bond_active_port", "Whether the bond has an active port.", bonds,
		 has_active_port);
}

static void add_failovers(struct text *t, const json_t *bonds)
{
	json_t *bond;
	size_t i;

	add_family(t, "esp_offload_bond_failovers", "counter", NULL,
		   "Switches of the active port that were seen.");
	json_array_foreach(bonds, i, bond)
	{
		begin_sample(t, "esp_offload_bond_failovers_total", field_string(bond, "interface"),
			     NULL, NULL);
		text_printf(t, "%lld\n", (long long)field_integer(bond, "failovers"));
	}

	add_family(t, "esp_offload_bond_last_failover_timestamp_seconds", "gauge", "seconds",
		   "When the active port switched last.");
	json_array_foreach(bonds, i, bond)
	{
		const json_t *last = json_object_get(bond, "last_failover");
		long long usec = field_integer(last, "realtime_usec");

		if (usec <= 0)
			continue;
		begin_sample(t, "esp_offload_bond_last_failover_timestamp_seconds",
			     field_string(bond, "interface"), NULL, NULL);
		text_printf(t, "%lld.%06lld\n", usec / 1000000, usec % 1000000);
	}
}

static void add_findings(struct text *t, const json_t *bonds)
{
	json_t *bond;
	size_t i;

	add_family(t, "esp_offload_bond_findings", "gauge", NULL,
		   "What was found wrong or doubtful, by severity.");
	json_array_foreach(bonds, i, bond)
	{
		const struct judgement_counts counts =
			judgement_count(json_object_get(bond, "findings"));
		const struct {
			const char *severity;
			size_t n;
		} by_severity[] = { { "blocks", counts.blocks },
				    { "warns", counts.warns },
				    { "notes", counts.notes } };

		for (size_t k = 0; k < ARRAY_SIZE(by_severity); k++) {
			begin_sample(t, "esp_offload_bond_findings",
				     field_string(bond, "interface"), "severity",
				     by_severity[k].severity);
			text_printf(t, "%zu\n", by_severity[k].n);
		}
	}
}

/* ---- ports ---- */

static const struct port_family {
	const char *name;
	const char *type;
	const char *unit;
	const char *suffix;
	const char *key;
	const char *about;
} port_families[] = {
	{ "esp_offload_port_active", "gauge", NULL, "", "active",
	  "Whether the port is the active one." },
	{ "esp_offload_port_link", "gauge", NULL, "", "link",
	  "Whether the port has a link, as bonding sees it." },
	{ "esp_offload_port_link_failures", "counter", NULL, "_total", "link_failures",
	  "How often the port has lost its link." },
	{ "esp_offload_port_transmitted_packets", "counter", "packets", "_total", "tx_ipsec",
	  "What the hardware has encrypted: tx_ipsec of the port." },
	{ "esp_offload_port_received_packets", "counter", "packets", "_total", "rx_ipsec",
	  "What the hardware has decrypted: rx_ipsec of the port." },
};

static void add_port(struct text *t, const struct port_family *family, const char *bond,
		     const json_t *port)
{
	const json_t *value = json_object_get(port, family->key);
	char name[64];

	if (!value)
		return;
	snprintf(name, sizeof(name), "%s%s", family->name, family->suffix);
	begin_sample(t, name, bond, "port", field_string(port, "name"));
	text_printf(t, "%lld\n", (long long)(json_is_true(value) ? 1 : json_integer_value(value)));
}

static void add_ports(struct text *t, const json_t *bonds)
{
	json_t *bond, *port;
	size_t i, j;

	for (size_t k = 0; k < ARRAY_SIZE(port_families); k++) {
		const struct port_family *family = &port_families[k];

		add_family(t, family->name, family->type, family->unit, family->about);
		json_array_foreach(bonds, i, bond)
		{
			json_array_foreach(json_object_get(bond, "ports"), j, port)
				add_port(t, family, field_string(bond, "interface"), port);
		}
	}
}

static void add_daemon(struct text *t, const json_t *document)
{
	add_family(t, "esp_offload_up", "gauge", NULL, "Whether esp-offloadd runs.");
	text_printf(t, "esp_offload_up %d\n", document != NULL);
	if (!document)
		return;
	add_family(t, "esp_offload_build", "info", NULL, "The version of esp-offloadd.");
	text_add(t, "esp_offload_build_info{");
	add_label(t, "version", field_string(document, "version"), true);
	text_add(t, "} 1\n");
	add_family(t, "esp_offload_configuration_valid", "gauge", NULL,
		   "Whether the files of the configuration, as they are, are in force.");
	text_printf(t, "esp_offload_configuration_valid %d\n",
		    field_bool(document, "configuration_valid"));
}

static int print(const json_t *document)
{
	const json_t *bonds = json_object_get(document, "bonds");
	_cleanup_text_ struct text t = TEXT_NULL;

	add_daemon(&t, document);
	if (document) {
		add_bonds(&t, bonds);
		add_failovers(&t, bonds);
		add_findings(&t, bonds);
		add_ports(&t, bonds);
	}
	text_add(&t, "# EOF\n");
	if (t.failed || fputs(t.data, stdout) == EOF || fflush(stdout) == EOF) {
		ctl_error("Cannot print the metrics: %s", strerror(t.failed ? ENOMEM : errno));
		return CTL_ERROR;
	}
	return CTL_FINE;
}

int verb_metrics(struct ctl *ctl, int argc, char **argv)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *document = NULL;
	const char *surplus;
	int r, status;

	status = bonds_options(ctl, argc, argv, help, &surplus);
	if (status >= 0)
		return status;
	if (surplus) {
		ctl_error("The metrics are those of all bonds: \"%s\" is too much.", surplus);
		return CTL_USAGE;
	}
	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_read(d, &document, &error);
	status = r >= 0 || daemon_is_absent(&error) ? print(document)
						    : daemon_complain(&error, NULL);
	json_decref(document);
	sd_bus_error_free(&error);
	return status;
}

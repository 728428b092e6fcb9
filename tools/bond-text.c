/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-text.h"

#include "fields.h"
#include "terminal.h"
#include "times.h"

int bond_text_verdict_status(const char *verdict)
{
	if (streq(verdict, "offloaded"))
		return CTL_FINE;
	if (streq(verdict, "partial") || streq(verdict, "software"))
		return CTL_NOT_OFFLOADED;
	return CTL_NOT_PROVABLE;
}

static bool is_stuck(const json_t *bond)
{
	return field_is(bond, "state", "blocked") || field_is(bond, "state", "waiting") ||
	       field_is(bond, "state", "failed");
}

int bond_text_status(const json_t *bond)
{
	return is_stuck(bond) ? CTL_BLOCKED
			      : bond_text_verdict_status(field_string(bond, "verdict"));
}

const char *bond_text_wrong(const json_t *bond)
{
	const char *reason = field_string(bond, "state_reason");
	json_t *f;
	size_t i;

	if (*reason)
		return reason;
	if (!field_is(bond, "verdict", "offloaded"))
		return field_string(bond, "verdict_reason");
	json_array_foreach(json_object_get(bond, "findings"), i, f)
	{
		if (field_is(f, "severity", "warns"))
			return field_string(f, "seen");
	}
	return "";
}

/* Rounded down: 100 % is all of them. */
static unsigned int per_mille_of(double ratio)
{
	return ratio >= 1 ? 1000 : ratio > 0 ? (unsigned int)(ratio * 1000 + 1e-9) : 0;
}

void bond_text_verdict(const json_t *bond, char *buffer, size_t size)
{
	const char *verdict = field_string(bond, "verdict");
	const char *reason = field_string(bond, "verdict_reason");
	unsigned int per_mille = per_mille_of(field_real(bond, "ratio"));
	json_int_t n_idle = field_integer(bond, "sas_idle");
	char ratio[64] = "", idle[48] = "";

	if (n_idle > 0)
		snprintf(idle, sizeof(idle), " (%lld SA%s idle)", (long long)n_idle,
			 n_idle == 1 ? "" : "s");
	if (!streq(verdict, "unknown"))
		snprintf(ratio, sizeof(ratio),
			 ", %u.%u %% of the packets went through the hardware", per_mille / 10,
			 per_mille % 10);
	snprintf(buffer, size, "%s%s%s%s%s", verdict, ratio, idle, *reason ? ": " : "", reason);
}

void bond_text_failover(const json_t *failover, char *buffer, size_t size)
{
	json_int_t outage = field_integer(failover, "outage_usec");
	char span[TIMES_TEXT_SIZE] = "";
	int n;

	n = snprintf(buffer, size, "from %s to %s (%s)", field_string(failover, "from"),
		     field_string(failover, "to"), field_string(failover, "cause"));
	if (outage <= 0 || n < 0 || (size_t)n >= size)
		return;
	times_print_span((uint64_t)outage, span);
	snprintf(buffer + n, size - (size_t)n, ", %s without an active port", span);
}

const json_t *bond_text_port(const json_t *bond, const char *name)
{
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(bond, "ports"), i, port)
	{
		if (field_is(port, "name", name))
			return port;
	}
	return NULL;
}

/* A counter that the port may not have. */
static const char *counter(const json_t *port, const char *key, char buffer[24])
{
	if (!field_is_there(port, key))
		return "-";
	snprintf(buffer, 24, "%lld", (long long)field_integer(port, key));
	return buffer;
}

static int add_port(struct libscols_table *table, const json_t *port)
{
	char tx[24], rx[24], failures[24];
	const char *const cells[] = {
		field_string(port, "name"),           field_bool(port, "active") ? "yes" : "-",
		field_string(port, "driver"),         field_bool(port, "link") ? "up" : "down",
		field_string(port, "esp_hw_offload"), counter(port, "tx_ipsec", tx),
		counter(port, "rx_ipsec", rx),        counter(port, "link_failures", failures),
	};
	int r;

	r = ctl_table_line(table, cells, ARRAY_SIZE(cells));
	terminal_paint_cell(table, 3);
	terminal_paint_cell(table, 4);
	return r;
}

int bond_text_ports(const struct ctl *ctl, const json_t *bond)
{
	static const struct ctl_column columns[] = {
		{ "PORT", false, false },           { "ACTIVE", false, false },
		{ "DRIVER", false, false },         { "LINK", false, false },
		{ "ESP-HW-OFFLOAD", false, false }, { "TX_IPSEC", true, false },
		{ "RX_IPSEC", true, false },        { "LINK FAILURES", true, false },
	};
	struct libscols_table *table = ctl_table(ctl, columns, ARRAY_SIZE(columns));
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(bond, "ports"), i, port)
	{
		if (table && add_port(table, port) < 0) {
			scols_unref_table(table);
			table = NULL;
		}
	}
	return ctl_print_table(table);
}

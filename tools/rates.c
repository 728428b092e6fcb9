/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rates.h"

#include <stdio.h>

#include "bond-text.h"
#include "fields.h"

static json_int_t moved(const json_t *old, const json_t *new, const char *key)
{
	json_int_t n = field_integer(new, key) - field_integer(old, key);

	/* A port that was reset, or an SA that was rekeyed, begins anew. */
	return n > 0 ? n : 0;
}

static json_int_t per_second(json_int_t n, uint64_t usec)
{
	return usec > 0 ? (json_int_t)((double)n * 1e6 / (double)usec + 0.5) : 0;
}

/* Sums what the ports' hardware has counted in one direction. */
static json_int_t by_hardware(const struct rates_look *old, const struct rates_look *new,
			      const char *key)
{
	json_int_t sum = 0;
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(new->bond, "ports"), i, port)
	{
		const json_t *before = bond_text_port(old->bond, field_string(port, "name"));

		if (before && field_is_there(port, key))
			sum += moved(before, port, key);
	}
	return sum;
}

struct direction {
	const char *counter;                        /* of a port */
	const char *packets, *software;             /* of the traffic */
	const char *offloaded_rate, *software_rate; /* of the event */
};

static const struct direction directions[] = {
	{ "tx_ipsec", "tx_packets", "tx_software", "tx_offloaded_per_second",
	  "tx_software_per_second" },
	{ "rx_ipsec", "rx_packets", "rx_software", "rx_offloaded_per_second",
	  "rx_software_per_second" },
};

static void add_tunnels(const struct rates_look *old, const struct rates_look *new, uint64_t usec,
			json_t *event)
{
	if (!old->traffic || !new->traffic)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
		const struct direction *d = &directions[i];
		json_int_t packets = moved(old->traffic, new->traffic, d->packets);
		json_int_t software = moved(old->traffic, new->traffic, d->software);
		json_int_t hardware = by_hardware(old, new, d->counter);

		/* A port may count segments of what the SA counts once. */
		if (hardware > packets)
			hardware = packets;
		software += packets - hardware;
		(void)json_object_set_new(event, d->offloaded_rate,
					  json_integer(per_second(hardware, usec)));
		(void)json_object_set_new(event, d->software_rate,
					  json_integer(per_second(software, usec)));
	}
}

json_t *rates_between(const struct rates_look *old, const struct rates_look *new, uint64_t usec)
{
	json_t *ports = json_array(), *port, *event;
	size_t i;

	json_array_foreach(json_object_get(new->bond, "ports"), i, port)
	{
		const json_t *before = bond_text_port(old->bond, field_string(port, "name"));

		if (!before || !field_is_there(port, "tx_ipsec"))
			continue;
		(void)json_array_append_new(
			ports, json_pack("{s:s, s:b, s:I, s:I}", "name", field_string(port, "name"),
					 "active", field_bool(port, "active"), "tx_per_second",
					 per_second(moved(before, port, "tx_ipsec"), usec),
					 "rx_per_second",
					 per_second(moved(before, port, "rx_ipsec"), usec)));
	}
	if (json_array_size(ports) == 0) {
		json_decref(ports);
		return NULL;
	}
	event = json_pack("{s:s, s:s, s:o}", "bond", field_string(new->bond, "interface"), "event",
			  "rates", "ports", ports);
	if (event)
		add_tunnels(old, new, usec, event);
	return event;
}

void rates_describe_tunnels(const json_t *event, char *buffer, size_t size)
{
	buffer[0] = '\0';
	if (!field_is_there(event, "tx_offloaded_per_second"))
		return;
	snprintf(buffer, size,
		 "sent %lld/s offloaded, %lld/s not; received %lld/s offloaded, %lld/s not",
		 (long long)field_integer(event, "tx_offloaded_per_second"),
		 (long long)field_integer(event, "tx_software_per_second"),
		 (long long)field_integer(event, "rx_offloaded_per_second"),
		 (long long)field_integer(event, "rx_software_per_second"));
}

void rates_describe(const json_t *event, char *buffer, size_t size)
{
	char tunnels[256];
	size_t used = 0, i;
	json_t *port;

	buffer[0] = '\0';
	json_array_foreach(json_object_get(event, "ports"), i, port)
	{
		if (used >= size)
			return;
		used += (size_t)snprintf(buffer + used, size - used, "%s%s%s tx %lld/s rx %lld/s",
					 i ? ", " : "", field_string(port, "name"),
					 field_bool(port, "active") ? "*" : "",
					 (long long)field_integer(port, "tx_per_second"),
					 (long long)field_integer(port, "rx_per_second"));
	}
	rates_describe_tunnels(event, tunnels, sizeof(tunnels));
	if (*tunnels && used < size)
		snprintf(buffer + used, size - used, "; %s", tunnels);
}

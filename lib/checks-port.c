/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

/*
 * Every port, not only the active one: after a failover any of them does the work, and the bond's
 * own feature says nothing about them (nothing is passed on in either direction).
 */

/* IFLA_BRIDGE_MODE, BRIDGE_MODE_VEPA in linux/if_bridge.h */
enum {
	BRIDGE_MODE_VEPA = 1
};

static const struct facts_link *next_port(const struct judge *j, const struct facts_link *port)
{
	return j->bond ? facts_next_port(j->facts, j->bond, port) : NULL;
}

static bool is_active(const struct judge *j, const struct facts_link *port)
{
	return j->bond->bond.active_port == port->ifindex;
}

static const char *role(const struct judge *j, const struct facts_link *port)
{
	return is_active(j, port) ? "the active port" : "a backup port";
}

static bool is_trusted(const struct judge *j, const char *driver)
{
	for (size_t i = 0; i < j->policy->n_drivers; i++)
		if (streq(j->policy->drivers[i], driver))
			return true;
	return false;
}

static const char *trusted_drivers(struct judge *j)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = 0; i < j->policy->n_drivers; i++)
		text_printf(&t, "%s%s", i > 0 ? ", " : "", j->policy->drivers[i]);
	return judge_take(j, &t);
}

static void check_driver(struct judge *j)
{
	const struct facts_link *port = NULL;

	while ((port = next_port(j, port))) {
		const char *driver = port->driver.name;

		if (is_trusted(j, driver))
			continue;
		judge_blocks(
			j, port->name,
			judge_say(j, "%s, has the driver %s; the policy trusts %s", role(j, port),
				  driver[0] ? driver : "(it names none)", trusted_drivers(j)),
			"few drivers can take the SAs of a bond, and a failover brings them to "
			"every port in turn: one that cannot sends the work back to the CPU or "
			"loses the tunnel",
			judge_say(j,
				  "put a card with a trusted driver in its place, or take %s "
				  "out of the bond; if you know that the driver can: drivers: "
				  "[%s] in the policy",
				  port->name, driver[0] ? driver : "…"));
	}
}

static void check_feature(struct judge *j)
{
	const struct facts_link *port = NULL;

	while ((port = next_port(j, port))) {
		enum facts_feature f = port->esp_hw_offload;

		if (f == FACTS_FEATURE_UNKNOWN) {
			judge_warns(j, port->name, "the features of the port could not be read",
				    "whether it can offload ESP is not known",
				    judge_say(j, "try \"ethtool -k %s\"", port->name));
			continue;
		}
		if (f != FACTS_FEATURE_ABSENT && f != FACTS_FEATURE_FIXED_OFF)
			continue;
		judge_blocks(
			j, port->name,
			judge_say(j, "esp-hw-offload of %s, %s, is %s; that of %s is %s",
				  port->name, role(j, port), facts_feature_name(f), j->bond->name,
				  facts_feature_name(j->bond->esp_hw_offload)),
			"the bond's own feature says nothing about its ports. This one has no "
			"hardware for ESP (82598 has none, 82599, X540 and X550 have), or its "
			"driver was built without CONFIG_IXGBE_IPSEC: while it is active, SAs are "
			"refused or done by the CPU, although \"ip xfrm state\" may still say "
			"offload",
			judge_say(j, "take %s out of the bond, or put another card in its place",
				  port->name));
	}
}

static void check_rx_all(struct judge *j)
{
	const struct facts_link *port = NULL;

	while ((port = next_port(j, port))) {
		if (!facts_feature_is_on(port->rx_all))
			continue;
		judge_blocks(
			j, port->name,
			judge_say(j, "rx-all of %s, %s, is on", port->name, role(j, port)),
			"the card then also passes on packets whose integrity check failed, and "
			"the kernel takes them for good ones: the tunnel's authentication "
			"would be switched off",
			judge_say(j, "ethtool -K %s rx-all off", port->name));
	}
}

static void check_vfs(struct judge *j)
{
	const struct facts_link *port = NULL;

	while ((port = next_port(j, port))) {
		if (!has_prefix(port->driver.name, "ixgbe") || port->n_vfs == 0 ||
		    port->bridge_mode == BRIDGE_MODE_VEPA)
			continue;
		judge_blocks(
			j, port->name,
			judge_say(j,
				  "%u virtual functions are in use on %s, %s, and its bridge mode "
				  "is not VEPA",
				  port->n_vfs, port->name, role(j, port)),
			"the card then refuses SAs for what is sent, and takes those for what is "
			"received: half of the work stays with the CPU",
			judge_say(
				j,
				"echo 0 > /sys/class/net/%s/device/sriov_numvfs, or \"bridge link "
				"set dev %s hwmode vepa\"",
				port->name, port->name));
	}
}

static void check_counters(struct judge *j)
{
	const struct facts_link *port = NULL;

	while ((port = next_port(j, port))) {
		if (port->has_counters || port->esp_hw_offload == FACTS_FEATURE_ABSENT ||
		    port->esp_hw_offload == FACTS_FEATURE_FIXED_OFF)
			continue;
		judge_warns(j, port->name,
			    judge_say(j, "%s, %s, has no counters tx_ipsec and rx_ipsec",
				      port->name, role(j, port)),
			    "they are the proof that the hardware does the work; without them the "
			    "verdict stays unknown",
			    judge_say(j,
				      "\"ethtool -S %s\" shows which counters there are; update "
				      "the driver",
				      port->name));
	}
}

static const char *identity(struct judge *j, const struct facts_link *port)
{
	const struct facts_driver *d = &port->driver;

	return judge_say(j, "%s has %s %s, firmware %s", port->name, d->name,
			 d->version[0] ? d->version : "(no version)",
			 d->firmware[0] ? d->firmware : "(not told)");
}

static bool same_make(const struct facts_driver *a, const struct facts_driver *b)
{
	return streq(a->name, b->name) && streq(a->version, b->version) &&
	       streq(a->firmware, b->firmware);
}

static void check_alike(struct judge *j)
{
	const struct facts_link *first = next_port(j, NULL), *port = first;

	while (port && (port = next_port(j, port))) {
		if (same_make(&first->driver, &port->driver))
			continue;
		judge_notes(j, port->name,
			    judge_say(j, "%s; %s", identity(j, first), identity(j, port)),
			    "after a failover the same SAs are in another make of hardware, which "
			    "may treat them otherwise",
			    "prove each port once: make it active, then esp-offloadctl verify");
	}
}

const struct check checks_port[] = {
	{ { "port-driver", "The driver of every port is trusted" }, check_driver },
	{ { "port-feature", "Every port can offload ESP" }, check_feature },
	{ { "port-rx-all", "No port passes on packets that failed their check" }, check_rx_all },
	{ { "port-vfs", "No port shares its hardware with virtual functions" }, check_vfs },
	{ { "port-counters", "Every port counts what its hardware did" }, check_counters },
	{ { "port-alike", "The ports are of one make" }, check_alike },
	{ { NULL, NULL }, NULL },
};

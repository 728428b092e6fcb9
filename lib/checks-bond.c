/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

/* The bond itself. Whether its ports can do what it promises is for checks-port.c. */

static const char *name_of(const struct judge *j)
{
	return j->policy->name;
}

static void check_exists(struct judge *j)
{
	const struct facts_link *l = facts_link_by_name(j->facts, name_of(j));

	if (!l)
		judge_waits(
			j, name_of(j), judge_say(j, "there is no network interface %s", name_of(j)),
			"the SAs are handed to the bond, so nothing can be done before it is "
			"there",
			judge_say(j,
				  "nmcli connection up the profile of %s, or correct the name in "
				  "the policy; \"ip link show type bond\" lists the bonds",
				  name_of(j)));
	else if (!facts_is_bond(l))
		judge_blocks(j, name_of(j),
			     judge_say(j, "%s is no bond, but %s", name_of(j),
				       l->kind[0] ? judge_say(j, "of kind \"%s\"", l->kind)
						  : "a network card"),
			     "esp-offloadd looks after bonds: on a single card Libreswan's "
			     "nic-offload works without it",
			     "name a bond in the policy; \"ip link show type bond\" lists them");
}

static void check_mode(struct judge *j)
{
	const char *mode;

	if (!j->bond || j->bond->bond.mode == FACTS_MODE_ACTIVE_BACKUP)
		return;
	mode = facts_mode_name(j->bond->bond.mode);
	judge_blocks(
		j, name_of(j), judge_say(j, "the mode is %s", mode),
		judge_say(j,
			  "an SA lives in one network card; only in active-backup mode does the "
			  "bonding driver hand it to the port that carries the traffic, and to "
			  "the next one at a failover. In %s it refuses, although the feature "
			  "can be switched on",
			  mode),
		judge_say(j,
			  "nmcli connection modify %s +bond.options mode=active-backup && nmcli "
			  "connection up %s (this interrupts the bond; the switch must not "
			  "expect 802.3ad any more)",
			  j->profile ? j->profile->uuid : name_of(j),
			  j->profile ? j->profile->uuid : name_of(j)));
}

static void check_up(struct judge *j)
{
	if (j->bond && !j->bond->up)
		judge_waits(j, name_of(j), "the bond is set down",
			    "a bond that is down takes no SA, and loses those that it had without "
			    "a word to pluto",
			    judge_say(j, "nmcli device connect %s", name_of(j)));
}

static size_t count_ports(const struct judge *j, bool with_link)
{
	const struct facts_link *port = NULL;
	size_t n = 0;

	while ((port = facts_next_port(j->facts, j->bond, port)))
		n += !with_link || (port->up && port->carrier);
	return n;
}

static void check_ports(struct judge *j)
{
	if (!j->bond || count_ports(j, false) > 0)
		return;
	judge_waits(j, name_of(j), "the bond has no port",
		    "the cryptography is done by a port's hardware: without one there is nobody to "
		    "do it",
		    judge_say(j, "nmcli connection up the profiles of its ports; \"nmcli -f "
				 "NAME,MASTER,AUTOCONNECT connection\" shows which there are"));
}

static void check_active_port(struct judge *j)
{
	if (!j->bond || count_ports(j, false) == 0 || j->bond->bond.active_port != FACTS_NO_LINK)
		return;
	judge_waits(j, name_of(j),
		    judge_say(j, "no port is active: %zu of %zu ports have a link",
			      count_ports(j, true), count_ports(j, false)),
		    "the bonding driver hands an SA to the active port; without one it refuses the "
		    "SA (\"No such device\"), and the tunnel cannot come up",
		    judge_say(j,
			      "look at cables and switch: \"grep -A1 Interface "
			      "/proc/net/bonding/%s\"",
			      name_of(j)));
}

static void check_redundancy(struct judge *j)
{
	size_t n, with_link;

	if (!j->bond || j->bond->bond.active_port == FACTS_NO_LINK)
		return;
	n = count_ports(j, false);
	with_link = count_ports(j, true);
	if (with_link > 1)
		return;
	judge_notes(j, name_of(j),
		    judge_say(j, "%zu of %zu ports %s a link", with_link, n,
			      with_link == 1 ? "has" : "have"),
		    "when the active port fails there is no other to go on with",
		    "add a port, or look at the cable of the one without a link");
}

static void check_feature(struct judge *j)
{
	enum facts_feature f;

	if (!j->bond)
		return;
	f = j->bond->esp_hw_offload;
	if (f == FACTS_FEATURE_ABSENT || f == FACTS_FEATURE_FIXED_OFF)
		judge_blocks(
			j, name_of(j),
			judge_say(j, "the feature esp-hw-offload of %s is %s in Linux %s",
				  name_of(j), facts_feature_name(f), j->facts->kernel),
			"the bonding driver of this kernel cannot pass SAs on to its ports (it "
			"came with Linux 5.9, and needs CONFIG_XFRM_OFFLOAD)",
			"use a kernel whose bonding driver can: \"ethtool -k BOND | grep "
			"esp-hw-offload\" then shows no [fixed]");
	else if (f == FACTS_FEATURE_UNKNOWN)
		judge_blocks(j, name_of(j),
			     judge_say(j, "the features of %s could not be read", name_of(j)),
			     "without them it is not known what is to be done",
			     judge_say(j, "try \"ethtool -k %s\"", name_of(j)));
}

static const char *kind_in_words(const char *kind)
{
	if (streq(kind, "openvswitch"))
		return "Open vSwitch";
	return streq(kind, "vrf") ? "VRF" : kind;
}

static void check_upper(struct judge *j)
{
	const struct facts_link *upper;
	bool vrf;

	if (!j->bond)
		return;
	upper = facts_link_by_index(j->facts, j->bond->master);
	if (!upper)
		return;
	vrf = streq(upper->kind, "vrf");
	judge_blocks(
		j, name_of(j),
		judge_say(j, "the bond is itself part of %s (%s)", upper->name,
			  kind_in_words(upper->kind)),
		vrf ? "what the bond's addresses send and receive passes the VRF's device, beneath "
		      "which nobody has seen the kernel offload ESP"
		    : "what the bond receives is handed to the switch above it before IPsec sees "
		      "it, and the addresses lie up there, where no offload is possible",
		judge_say(j, "take %s out of %s, or let the conn use another bond", name_of(j),
			  upper->name));
}

const struct check checks_bond[] = {
	{ { "bond-exists", "The bond is there, and is one" }, check_exists },
	{ { "bond-mode", "The bond's mode is active-backup" }, check_mode },
	{ { "bond-up", "The bond is up" }, check_up },
	{ { "bond-ports", "The bond has ports" }, check_ports },
	{ { "bond-active-port", "One of the ports is active" }, check_active_port },
	{ { "bond-feature", "The kernel's bonding driver can offload ESP" }, check_feature },
	{ { "bond-upper", "The bond is not part of a bridge, Open vSwitch or a VRF" },
	  check_upper },
	{ { "bond-redundancy", "More than one port has a link" }, check_redundancy },
	{ { NULL, NULL }, NULL },
};

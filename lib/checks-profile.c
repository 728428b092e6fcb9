/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

/* NetworkManager's profile of the bond: where the feature is kept, so that it lasts. */

static bool must_be_written(const struct judge *j)
{
	return judge_changes(j) && j->profile && j->profile->esp_hw_offload != 1;
}

static void check_manager(struct judge *j)
{
	if (!judge_changes(j) || j->facts->nm_running)
		return;
	judge_waits(
		j, "NetworkManager",
		j->facts->nm_silent ? "NetworkManager does not answer"
				    : "NetworkManager does not run",
		"it keeps the bond's profile, in which the feature must stand to be there after "
		"the next boot",
		j->facts->nm_silent
			? "journalctl -u NetworkManager -b; it is asked again after a while"
			: "systemctl start NetworkManager; with \"manage: monitor\" in the policy "
			  "it is "
			  "not needed");
}

static void check_exists(struct judge *j)
{
	if (!judge_changes(j) || !j->facts->nm_running || j->profile)
		return;
	judge_waits(j, j->policy->name,
		    judge_say(j, "NetworkManager has no profile for %s", j->policy->name),
		    "without a profile the feature cannot be kept: something else made the bond, "
		    "and will make it anew as it was",
		    judge_say(j,
			      "nmcli connection add type bond ifname %s con-name %s bond.options "
			      "mode=active-backup,miimon=100 makes one (its ports need profiles "
			      "too); or \"manage: monitor\" in the policy",
			      j->policy->name, j->policy->name));
}

static void check_writable(struct judge *j)
{
	const struct facts_profile *p = j->profile;

	if (!must_be_written(j) || p->writable)
		return;
	judge_blocks(j, j->policy->name,
		     p->filename ? judge_say(j,
					     "the profile \"%s\" is kept in %s, where it cannot be "
					     "changed",
					     p->id, p->filename)
				 : judge_say(j, "the profile \"%s\" is in memory only", p->id),
		     "the feature has to be written into the profile, on disk",
		     judge_say(j, "nmcli connection clone %s %s-offload, and activate that one",
			       p->uuid, p->id));
}

static void check_active(struct judge *j)
{
	if (!judge_changes(j) || !j->bond || !j->profile || j->profile->active)
		return;
	judge_warns(j, j->policy->name,
		    judge_say(j, "the profile \"%s\" is not the one that %s has now",
			      j->profile->id, j->policy->name),
		    "what is written into it shows only when it is activated; who made the bond as "
		    "it is now may make it so again",
		    judge_say(j, "nmcli connection up %s (this interrupts the bond)",
			      j->profile->uuid));
}

static void check_autoconnect(struct judge *j)
{
	if (!judge_changes(j) || !j->profile || j->profile->autoconnect)
		return;
	judge_notes(j, j->policy->name,
		    judge_say(j, "the profile \"%s\" has connection.autoconnect off",
			      j->profile->id),
		    "the bond does not come up by itself at the next boot",
		    judge_say(j, "nmcli connection modify %s connection.autoconnect yes",
			      j->profile->uuid));
}

static void check_ports(struct judge *j)
{
	const struct facts_profile *p = j->profile;

	if (!judge_changes(j) || !p || p->autoconnect_ports == 1 || p->n_ports_held_back == 0)
		return;
	judge_warns(j, j->policy->name,
		    judge_say(j,
			      "%zu of the ports' profiles have connection.autoconnect off, and "
			      "connection.autoconnect-slaves of \"%s\" is not on",
			      p->n_ports_held_back, p->id),
		    "when the bond is activated again, these ports stay away until somebody "
		    "activates them (esp-offloadd does that after its own step, nobody does after "
		    "yours)",
		    judge_say(j, "nmcli connection modify %s connection.autoconnect-slaves 1",
			      p->uuid));
}

/* What else goes through the bond, and so is cut while it is activated again. */
static const char *what_is_on(struct judge *j)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char ip[FACTS_IP_TEXT_SIZE];

	for (size_t i = 0; i < j->facts->n_addresses; i++) {
		const struct facts_address *a = &j->facts->addresses[i];
		const struct facts_link *l = facts_link_by_index(j->facts, a->ifindex);

		if (!l || (l != j->bond && l->lower != j->bond->ifindex))
			continue;
		text_printf(&t, "%s%s", t.len > 0 ? ", " : "", facts_ip_print(&a->ip, ip));
		if (l != j->bond)
			text_printf(&t, " (%s)", l->name);
	}
	return judge_take(j, &t);
}

static void check_reactivation(struct judge *j)
{
	const char *on;

	if (!j->bond || !j->decision.reactivate)
		return;
	on = what_is_on(j);
	if (!*on)
		return;
	judge_warns(j, j->policy->name,
		    judge_say(j, "the bond is to be activated again, and carries %s", on),
		    "all that goes through it is cut for some seconds, offloaded SAs of every conn "
		    "included; so is your own session, if it comes in by one of these addresses",
		    "do it at a quiet time, or put \"activation: live\" into the policy: the "
		    "feature is then switched on in the kernel, and nothing is interrupted");
}

const struct check checks_profile[] = {
	{ { "profile-manager", "NetworkManager runs" }, check_manager },
	{ { "profile-exists", "The bond has a profile" }, check_exists },
	{ { "profile-writable", "The profile can be changed on disk" }, check_writable },
	{ { "profile-active", "The profile is the one in force" }, check_active },
	{ { "profile-autoconnect", "The bond comes up by itself" }, check_autoconnect },
	{ { "profile-ports", "The ports come back by themselves" }, check_ports },
	{ { "profile-reactivation", "Nothing else is cut by activating the bond again" },
	  check_reactivation },
	{ { NULL, NULL }, NULL },
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

/* Libreswan as a whole: what is installed, whether it runs, what its files as a whole say. */

#define SUBJECT "ipsec"

/* The first version with the keyword nic-offload. */
enum {
	NIC_OFFLOAD_MAJOR = 3,
	NIC_OFFLOAD_MINOR = 21
};

static void check_installed(struct judge *j)
{
	if (!j->facts->ipsec_installed)
		judge_waits(j, SUBJECT, "the command ipsec is not there",
			    "Libreswan negotiates the keys and hands the SAs to the kernel",
			    "install the package libreswan");
}

static void check_version(struct judge *j)
{
	const struct facts_version *v = &j->facts->libreswan;

	if (!j->facts->ipsec_installed)
		return;
	if (j->facts->version_silent)
		judge_waits(j, SUBJECT, "\"ipsec --version\" did not come to its end",
			    "the keyword nic-offload means different things from version to "
			    "version",
			    "try it by hand; it is run again after a while");
	else if (v->major == 0)
		judge_blocks(j, SUBJECT, "\"ipsec --version\" names no version of Libreswan",
			     "the keyword nic-offload means different things from version to "
			     "version, and another IPsec does not know it at all",
			     "install libreswan; strongSwan has a setting of its own (hw_offload)");
	else if (!libreswan_at_least(j->version, NIC_OFFLOAD_MAJOR, NIC_OFFLOAD_MINOR))
		judge_blocks(j, SUBJECT,
			     judge_say(j, "Libreswan %u.%u is installed", v->major, v->minor),
			     "the keyword nic-offload came with Libreswan 3.21",
			     "update the package libreswan");
}

static void check_running(struct judge *j)
{
	enum facts_unit_state unit = j->facts->ipsec_unit;
	bool runs = unit == FACTS_UNIT_ACTIVE || unit == FACTS_UNIT_UNKNOWN;

	if (!j->facts->ipsec_installed || (runs && j->facts->pluto_answers))
		return;
	if (runs)
		judge_waits(
			j, SUBJECT,
			judge_say(j, "ipsec.service is %s, and pluto does not answer",
				  facts_unit_state_name(unit)),
			"pluto makes the SAs, and is asked which tunnels are up",
			"journalctl -u ipsec -b; it is asked again after a while. Where it hangs: "
			"systemctl restart ipsec");
	else
		judge_waits(j, SUBJECT,
			    judge_say(j, "ipsec.service is %s", facts_unit_state_name(unit)),
			    "pluto makes the SAs; esp-offloadd never starts it, and goes on by "
			    "itself when it runs",
			    unit == FACTS_UNIT_FAILED
				    ? "journalctl -u ipsec -b says why; then systemctl start ipsec"
				    : "systemctl enable --now ipsec");
}

/* Findings of one conn are checks-conn.c's business. */
static const struct ipsec_conf_finding *next_general(const struct judge *j,
						     enum ipsec_conf_severity severity, size_t *i)
{
	while (*i < ipsec_conf_n_findings(j->facts->conf)) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(j->facts->conf, (*i)++);

		if (f->severity == severity && (severity == IPSEC_CONF_FATAL || !f->conn))
			return f;
	}
	return NULL;
}

static size_t count_general(const struct judge *j, enum ipsec_conf_severity severity)
{
	size_t n = 0, i = 0;

	while (next_general(j, severity, &i))
		n++;
	return n;
}

static const char *seen_of(struct judge *j, const struct ipsec_conf_finding *f, size_t n)
{
	if (n == 1)
		return judge_say(j, "%s: %s", judge_place(j, &f->place), f->text);
	return judge_say(j, "%s: %s (the first of %zu such findings)", judge_place(j, &f->place),
			 f->text, n);
}

static void check_files(struct judge *j)
{
	const struct ipsec_conf_finding *f;
	size_t i = 0;

	if (!j->facts->conf)
		return;
	f = next_general(j, IPSEC_CONF_FATAL, &i);
	if (f) {
		judge_blocks(j, SUBJECT, seen_of(j, f, count_general(j, IPSEC_CONF_FATAL)),
			     "Libreswan would load nothing of its configuration: a restart would "
			     "leave every tunnel down, so nothing is changed",
			     f->remedy ? f->remedy : "\"esp-offloadctl conn list\" shows them all");
		return;
	}
	i = 0;
	f = next_general(j, IPSEC_CONF_ERROR, &i);
	if (f)
		judge_warns(j, SUBJECT, seen_of(j, f, count_general(j, IPSEC_CONF_ERROR)),
			    "Libreswan leaves out a part of its configuration, with exit status 0 "
			    "and often without a word",
			    f->remedy ? f->remedy : "\"esp-offloadctl conn list\" shows them all");
}

/* ---- What a restart would interrupt ---- */

static void check_restart(struct judge *j)
{
	size_t others = 0, homeless = 0;

	if (!j->decision.restart)
		return;
	for (size_t i = 0; i < j->facts->n_tunnels; i++) {
		const struct ipsec_conf_conn *conn = judge_conf_of(j, &j->facts->tunnels[i]);

		/* One that stands in no file came from elsewhere, such as NetworkManager's VPNs. */
		homeless += !conn;
		others += conn && !judge_means(j, conn);
	}
	if (homeless > 0)
		judge_warns(j, SUBJECT,
			    judge_say(j,
				      "%zu of %zu established tunnels stand in no file of "
				      "Libreswan's",
				      homeless, j->facts->n_tunnels),
			    "the planned restart of ipsec.service ends them, and they do not come "
			    "back by themselves (NetworkManager's VPNs are such)",
			    "connect them again afterwards, or put \"ipsec: replace\" into the "
			    "policy");
	if (others > 0)
		judge_notes(j, SUBJECT,
			    judge_say(j, "%zu established tunnels that the policy does not name",
				      others),
			    "the planned restart of ipsec.service interrupts them for some seconds",
			    "do it at a quiet time, or put \"ipsec: replace\" into the policy");
}

static void check_foreign_sas(struct judge *j)
{
	size_t n = 0;

	if (j->version.major >= 5 || !j->facts->sas_known || !j->decision.restart)
		return;
	for (size_t i = 0; i < j->facts->n_sas; i++)
		n += judge_is_foreign(&j->facts->sas[i]);
	if (n == 0)
		return;
	judge_warns(j, SUBJECT,
		    judge_say(j, "%zu of %zu SAs in the kernel do not look like pluto's", n,
			      j->facts->n_sas),
		    "Libreswan 4's unit flushes all XFRM state and policy of the host when it "
		    "stops, whoever made it; the plan has a restart",
		    "\"ip xfrm state\" shows them (reqid up to 16383); make them anew afterwards, "
		    "or put \"ipsec: replace\" into the policy");
}

const struct check checks_ipsec[] = {
	{ { "ipsec-installed", "Libreswan is installed" }, check_installed },
	{ { "ipsec-version", "Libreswan's version has nic-offload" }, check_version },
	{ { "ipsec-files", "Libreswan's configuration can be read" }, check_files },
	{ { "ipsec-running", "Libreswan runs" }, check_running },
	{ { "ipsec-restart", "A restart would interrupt no other tunnel" }, check_restart },
	{ { "ipsec-foreign-sas", "A restart would flush nobody else's SAs" }, check_foreign_sas },
	{ { NULL, NULL }, NULL },
};

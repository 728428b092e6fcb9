/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "steps.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>

void steps_done(struct steps *s)
{
	nm_close(s->nm);
	sd_bus_close(s->bus);
	sd_bus_unref(s->bus);
	ethtool_close(s->ethtool);
	free(s->why);
	free(s->remark);
	*s = (struct steps){ 0 };
}

int steps_fail(struct steps *s, const char *format, ...)
{
	va_list args;
	char *why;
	int n;

	va_start(args, format);
	n = vasprintf(&why, format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	free(s->why);
	s->why = why;
	return 1;
}

bool steps_is_named(const struct policy_bond *policy, const char *conn)
{
	for (size_t i = 0; i < policy->n_conns; i++)
		if (fnmatch(policy->conns[i], conn, 0) == 0)
			return true;
	return false;
}

int steps_nm(struct steps *s)
{
	int r;

	if (s->nm)
		return 0;
	r = nm_open(STEPS_NM_USEC, &s->nm);
	if (r == -ESRCH || r == -ENOTCONN)
		return steps_fail(s, "NetworkManager does not run any more");
	if (r < 0)
		return steps_fail(s, "NetworkManager cannot be reached: %s", strerror(-r));
	return 0;
}

int steps_bus(struct steps *s)
{
	int r;

	if (s->bus)
		return 0;
	r = sd_bus_open_system(&s->bus);
	if (r < 0)
		return steps_fail(s, "the bus cannot be reached: %s", strerror(-r));
	return 0;
}

int steps_ethtool(struct steps *s)
{
	return s->ethtool ? 0 : ethtool_open(&s->ethtool);
}

int steps_files(struct steps *s, struct ipsec_files **ret)
{
	struct ipsec_files_options options = { .config = s->options->ipsec_conf };
	int r;

	if (s->version.major == 0 && s->facts)
		s->version = (struct libreswan_version){ .major = s->facts->libreswan.major,
							 .minor = s->facts->libreswan.minor };
	if (s->version.major == 0 && ipsec_files_version(&s->version) < 0)
		s->version = IPSEC_FILES_VERSION;
	options.version = s->version;
	r = ipsec_files_load(&options, ret);
	if (r < 0)
		return steps_fail(s, "Libreswan's files cannot be read: %s", strerror(-r));
	return 0;
}

/* What keeps files from being read, or NULL: a conn in them is not seen then. */
static const struct ipsec_conf_finding *what_hides(const struct ipsec_conf *conf)
{
	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);

		if (f->severity == IPSEC_CONF_FATAL || f->code == IPSEC_CONF_INCLUDE_UNREADABLE ||
		    f->code == IPSEC_CONF_INCLUDE_DEPTH)
			return f;
	}
	return NULL;
}

int steps_see_gone(struct steps *s, const struct ipsec_conf *conf, const char *conn)
{
	const struct ipsec_conf_finding *f = what_hides(conf);

	if (!f)
		return 0;
	return steps_fail(s,
			  "whether conn %s is gone from Libreswan's files cannot be seen: %s; %s",
			  conn, f->text, f->remedy);
}

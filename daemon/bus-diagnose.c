/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-json.h"
#include "bus-private.h"
#include "diagnosis-report.h"
#include "log.h"
#include "names.h"
#include "polkit.h"

/* Manager.Diagnose(): a run of the worker for each call, beside the one that looks at the bonds. */

/* The worker ends itself before that. */
#define LIMIT_USEC UINT64_C(180000000)
/* Each is a process that pings and asks pluto; a third caller is told to wait. */
#define MAX_RUNS 2

struct bus_diagnosis {
	struct bus_objects *objects;
	struct bus_diagnosis *next;
	sd_bus_message *call;
	struct worker_run *run;
	json_t *report; /* the last; NULL until it came */
};

struct options {
	const char *conn;
	const char *to; /* NULL: none */
	int up;
};

static void diagnosis_free(struct bus_diagnosis *g)
{
	for (struct bus_diagnosis **i = &g->objects->diagnosing; *i; i = &(*i)->next)
		if (*i == g) {
			*i = g->next;
			break;
		}
	worker_run_free(g->run);
	sd_bus_message_unref(g->call);
	json_decref(g->report);
	free(g);
}

void bus_diagnose_end(struct bus_objects *b)
{
	while (b->diagnosing) {
		(void)sd_bus_reply_method_errno(b->diagnosing->call, -ECANCELED, NULL);
		diagnosis_free(b->diagnosing);
	}
}

/* The whole comes first, and then its rows. */
static int reply(struct bus_diagnosis *g)
{
	json_t *whole = json_copy(g->report), *rows = json_object_get(g->report, "rows"), *row;
	json_t *all = json_array();
	sd_bus_message *m = NULL;
	int r = whole && all ? 0 : -ENOMEM;
	size_t i;

	if (r == 0 && (json_object_del(whole, "rows") < 0 || json_object_del(whole, "report") < 0 ||
		       json_array_append(all, whole) < 0))
		r = -EBADMSG;
	json_array_foreach(rows, i, row)
	{
		if (r == 0 && json_array_append(all, row) < 0)
			r = -ENOMEM;
	}
	if (r >= 0)
		r = sd_bus_message_new_method_return(g->call, &m);
	if (r >= 0)
		r = bus_append_dicts(m, all);
	if (r >= 0)
		r = sd_bus_send(NULL, m, NULL);
	sd_bus_message_unref(m);
	json_decref(whole);
	json_decref(all);
	return r;
}

static void on_report(void *userdata, json_t *report)
{
	struct bus_diagnosis *g = userdata;
	const char *kind = json_string_value(json_object_get(report, "report"));

	if (!kind || !streq(kind, REPORT_DIAGNOSIS))
		return;
	json_decref(g->report);
	g->report = json_incref(report);
}

static void on_done(void *userdata, int error)
{
	struct bus_diagnosis *g = userdata;
	int r = 0;

	if (error < 0 || !g->report)
		(void)sd_bus_reply_method_errorf(g->call, BUS_ERROR_FAILED,
						 "The worker ended before its work was done");
	else
		r = reply(g);
	if (r < 0)
		(void)sd_bus_reply_method_errno(g->call, r, NULL);
	diagnosis_free(g);
}

static const struct worker_run_ops run_ops = {
	.report = on_report,
	.done = on_done,
};

static int start(struct bus_diagnosis *g, const struct options *o)
{
	const char *arguments[10] = { "diagnose" };
	size_t n = 1;

	if (o->up)
		arguments[n++] = "--up";
	if (o->to) {
		arguments[n++] = "--to";
		arguments[n++] = o->to;
	}
	arguments[n++] = "--";
	arguments[n++] = o->conn;
	arguments[n] = NULL;
	return manager_run_beside(g->objects->manager, arguments, LIMIT_USEC, &run_ops, g, &g->run);
}

/* ---- the call ---- */

static int read_option(sd_bus_message *call, struct options *o)
{
	const char *name;
	int r;

	r = sd_bus_message_read(call, "s", &name);
	if (r < 0)
		return r;
	if (streq(name, "up"))
		return sd_bus_message_read(call, "v", "b", &o->up);
	if (streq(name, "to"))
		return sd_bus_message_read(call, "v", "s", &o->to);
	return -EINVAL;
}

static int read_options(sd_bus_message *call, struct options *o)
{
	struct facts_ip ip;
	int r;

	r = sd_bus_message_rewind(call, true);
	if (r >= 0)
		r = sd_bus_message_read(call, "s", &o->conn);
	if (r >= 0)
		r = sd_bus_message_enter_container(call, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
		r = read_option(call, o);
		if (r >= 0)
			r = sd_bus_message_exit_container(call);
	}
	if (r < 0)
		return r == -ENXIO ? -EINVAL : r;
	if (!*o->conn || (o->to && facts_ip_parse(o->to, &ip) < 0))
		return -EINVAL;
	return 0;
}

static int diagnose_allowed(sd_bus_message *call, void *userdata)
{
	struct bus_objects *b = userdata;
	struct options o = { 0 };
	struct bus_diagnosis *g;
	unsigned int n = 0;
	int r;

	for (g = b->diagnosing; g; g = g->next)
		n++;
	if (n >= MAX_RUNS)
		return sd_bus_reply_method_errorf(call, BUS_ERROR_BUSY,
						  "Other diagnoses are going on; try again soon");
	r = read_options(call, &o);
	if (r < 0)
		return r;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->objects = b;
	g->call = sd_bus_message_ref(call);
	g->next = b->diagnosing;
	b->diagnosing = g;
	r = start(g, &o);
	if (r < 0) {
		log_error("Cannot diagnose conn %s: %s", o.conn, strerror(-r));
		diagnosis_free(g);
		return r;
	}
	return 1;
}

int bus_diagnose(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;
	struct options o = { 0 };
	int r;

	r = read_options(call, &o);
	if (r == -EINVAL)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
						  "A conn's name, and options: up b, to s (an "
						  "address)");
	if (r < 0)
		return r;
	/* The rows hold rules of the firewall and lines of pluto's log: for root's eyes. */
	return polkit_check(&b->authorizing, call, o.up ? POLKIT_DIAGNOSE : POLKIT_INSPECT,
			    diagnose_allowed, b);
}

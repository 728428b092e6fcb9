/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <unistd.h>

#include "conn.h"
#include "daemon.h"
#include "diagnose-text.h"
#include "facts.h"
#include "fields.h"
#include "verbs.h"
#include "worker.h"

static const char help[] =
	"Usage: esp-offloadctl diagnose [OPTION…] CONN\n\n"
	"Finds out why a tunnel does not come up, or carries nothing: whether it is up, what\n"
	"pluto says, firewalls, what the two ends do not agree on, packet sizes, NAT, the\n"
	"crypto policy, the kernel, and offload. Names the cause first, with the evidence and\n"
	"what to do. Root looks at the host by itself; for others esp-offloadd does, where it\n"
	"runs and polkit allows it.\n\n"
	"Options:\n"
	"      --up                  add the conn anew and initiate it, unless it is up, and read\n"
	"                            what pluto says\n"
	"      --capture=SECONDS     for root only: capture IKE and ESP with tcpdump meanwhile\n"
	"      --to=ADDRESS          a host behind the peer that answers pings, to measure packet\n"
	"                            sizes; else the policy's, or the peer itself\n"
	"      --apply-mtu           write the mtu= that was found to be needed into the conn\n"
	"  -n, --dry-run             --apply-mtu: only show what would be changed\n"
	"  -a, --all                 also the steps that found nothing or were left out\n"
	"      --root=FOLDER         the policy lies below this folder\n"
	"      --worker=FILE         look by this program instead of the installed one\n"
	"      --json=short|pretty|off\n"
	"                            machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 no fault was found, 3 there is one, 1 it could not be looked.\n";

struct diagnosing {
	const char *conn;
	const char *worker;  /* NULL: the installed one, or the daemon */
	const char *capture; /* seconds, as text; NULL: none */
	const char *to;
	bool up, apply_mtu, dry_run, all;
};

/* ---- by the daemon ---- */

static int append_arguments(sd_bus_message *m, const void *userdata)
{
	const struct diagnosing *g = userdata;
	int r;

	r = sd_bus_message_append(m, "s", g->conn);
	if (r >= 0)
		r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
	if (r >= 0 && g->up)
		r = sd_bus_message_append(m, "{sv}", "up", "b", 1);
	if (r >= 0 && g->to)
		r = sd_bus_message_append(m, "{sv}", "to", "s", g->to);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The answer's first dictionary is the whole, and the rows follow. */
static json_t *document_of(json_t *answer)
{
	json_t *document, *rows;

	if (json_array_size(answer) == 0)
		return NULL;
	document = json_copy(json_array_get(answer, 0));
	rows = json_copy(answer);
	if (!document || !rows || json_array_remove(rows, 0) < 0 ||
	    json_object_set(document, "rows", rows) < 0) {
		json_decref(document);
		document = NULL;
	}
	json_decref(rows);
	return document;
}

/* Return: an exit status; -1 when no daemon runs. */
static int look_by_daemon(const struct ctl *ctl, const struct diagnosing *g, json_t **ret)
{
	const struct daemon_question question = {
		.method = "Diagnose",
		.append = append_arguments,
		.userdata = g,
		.authorize = true,
		.doing = "diagnosing",
	};
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *answer = NULL;
	int r, status = CTL_FINE;

	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_ask(d, ctl, &question, &answer, &error);
	if (r < 0)
		status = daemon_is_absent(&error) ? -1 : daemon_complain(&error, NULL);
	sd_bus_error_free(&error);
	if (status == CTL_FINE) {
		*ret = document_of(answer);
		if (!*ret) {
			ctl_error("esp-offloadd gave a strange answer.");
			status = CTL_ERROR;
		}
	}
	json_decref(answer);
	return status;
}

/* ---- by the worker ---- */

static int look_by_worker(const struct ctl *ctl, const struct diagnosing *g, json_t **ret)
{
	const char *arguments[16];
	size_t n = 0;

	arguments[n++] = "diagnose";
	if (g->up)
		arguments[n++] = "--up";
	if (g->capture) {
		arguments[n++] = "--capture";
		arguments[n++] = g->capture;
	}
	if (g->to) {
		arguments[n++] = "--to";
		arguments[n++] = g->to;
	}
	if (ctl->root) {
		arguments[n++] = "--root";
		arguments[n++] = ctl->root;
	}
	arguments[n++] = "--";
	arguments[n++] = g->conn;
	arguments[n] = NULL;
	return worker_diagnose(ctl, g->worker, arguments, ret);
}

static int look(const struct ctl *ctl, const struct diagnosing *g, json_t **ret)
{
	int status = -1;

	if (!g->worker && !ctl->root && geteuid() != 0)
		status = look_by_daemon(ctl, g, ret);
	if (status < 0)
		status = look_by_worker(ctl, g, ret);
	return status;
}

/* ---- the MTU ---- */

static int apply_mtu(struct ctl *ctl, const struct diagnosing *g, const json_t *document)
{
	const struct ipsec_files_options options = { .directory = "/" };
	struct conn_context c = { .ctl = ctl, .dry_run = g->dry_run };
	struct ipsec_conf_change change = { .key = "mtu" };
	json_int_t mtu = field_integer(document, "mtu");
	char value[16];
	int r;

	if (mtu <= 0) {
		fputs("No mtu= is needed; nothing was written.\n", stderr);
		return CTL_FINE;
	}
	snprintf(value, sizeof(value), "%d", (int)mtu);
	change.value = value;
	r = ipsec_files_load(&options, &c.files);
	if (r < 0) {
		ctl_error("The configuration cannot be read: %s", strerror(-r));
		return CTL_ERROR;
	}
	c.conf = ipsec_files_conf(c.files);
	r = conn_edit(&c, g->conn, &change, 1);
	ipsec_files_free(c.files);
	return r;
}

/* ---- the verb ---- */

static bool is_seconds(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return end != text && !*end && n >= 1 && n <= 60;
}

/* Return: -1 to go on; else the exit status to leave with. */
static int read_options(struct ctl *ctl, int argc, char **argv, struct diagnosing *g)
{
	enum {
		UP = CTL_OPTION_OWN,
		CAPTURE,
		TO,
		APPLY_MTU,
		WORKER
	};
	static const struct option options[] = {
		CTL_OPTIONS,
		{ "up", no_argument, NULL, UP },
		{ "capture", required_argument, NULL, CAPTURE },
		{ "to", required_argument, NULL, TO },
		{ "apply-mtu", no_argument, NULL, APPLY_MTU },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "all", no_argument, NULL, 'a' },
		{ "worker", required_argument, NULL, WORKER },
		{ 0 },
	};
	struct facts_ip ip;
	int option, status;

	while ((option = getopt_long(argc, argv, "hna", options, NULL)) >= 0) {
		switch (option) {
		case UP:
			g->up = true;
			break;
		case CAPTURE:
			if (!is_seconds(optarg)) {
				ctl_error("--capture= takes 1 to 60 seconds, not \"%s\"", optarg);
				return CTL_USAGE;
			}
			g->capture = optarg;
			break;
		case TO:
			if (facts_ip_parse(optarg, &ip) < 0) {
				ctl_error("--to= takes an IP address, not \"%s\"", optarg);
				return CTL_USAGE;
			}
			g->to = optarg;
			break;
		case APPLY_MTU:
			g->apply_mtu = true;
			break;
		case 'n':
			g->dry_run = true;
			break;
		case 'a':
			g->all = true;
			break;
		case WORKER:
			status = worker_option(optarg, &g->worker);
			if (status >= 0)
				return status;
			break;
		default:
			status = ctl_option(ctl, option, optarg, help);
			if (status >= 0)
				return status;
		}
	}
	if (argc - optind != 1 || !*argv[optind]) {
		ctl_error("diagnose takes the name of one conn; see \"esp-offloadctl conn list\".");
		return CTL_USAGE;
	}
	if (g->capture && geteuid() != 0) {
		ctl_error("--capture is for root: the daemon captures nothing for others.");
		return CTL_USAGE;
	}
	g->conn = argv[optind];
	return -1;
}

/* Neither the files nor pluto told anything: that is no tunnel without a fault. */
static int judge(const json_t *document)
{
	if (field_is(document, "status", "fault") || field_is(document, "status", "symptom"))
		return CTL_BLOCKED;
	return field_is(document, "status", "skipped") ? CTL_ERROR : CTL_FINE;
}

int verb_diagnose(struct ctl *ctl, int argc, char **argv)
{
	struct diagnosing g = { 0 };
	json_t *document = NULL;
	int status, found;

	status = read_options(ctl, argc, argv, &g);
	if (status >= 0)
		return status;
	status = look(ctl, &g, &document);
	if (status != CTL_FINE)
		return status;

	found = judge(document);
	if (ctl->json != CTL_JSON_OFF)
		status = ctl_print_json(ctl, json_incref(document));
	else
		diagnose_print(ctl, document, g.all);
	if (status == CTL_FINE && g.apply_mtu && found != CTL_ERROR)
		status = apply_mtu(ctl, &g, document);
	json_decref(document);
	return status == CTL_FINE ? found : status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn.h"

#include <unistd.h>

#include "text.h"

/* conn list and conn show */

/* Which conns are asked for: all of them without a pattern. */
static int mark_wanted(struct conn_context *c, int argc, char **argv, bool *wanted)
{
	int status = CTL_FINE;

	for (size_t i = 0; argc == 0 && i < ipsec_conf_n_conns(c->conf); i++)
		wanted[i] = true;
	for (int i = 0; i < argc; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_match(c->conf, argv[i], NULL);

		if (!conn) {
			ctl_error("No conn matches \"%s\".", argv[i]);
			status = CTL_ERROR;
		}
		for (; conn; conn = ipsec_conf_match(c->conf, argv[i], conn))
			wanted[conn->i] = true;
	}
	/* Each definition of a name, not only its first. */
	for (size_t i = 0; i < ipsec_conf_n_conns(c->conf); i++)
		if (wanted[ipsec_conf_conn(c->conf, i)->first])
			wanted[i] = true;
	return status;
}

static json_t *conn_json(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", ctl_json_text(conn->name));
	json_object_set_new(j, "file",
			    ctl_json_text(ipsec_conf_file(conf, conn->place.file)->path));
	json_object_set_new(j, "line", json_integer(conn->place.line));
	json_object_set_new(j, "definitions", json_integer(conn->n_definitions));
	return j;
}

static json_t *version_json(const struct ipsec_conf *conf)
{
	struct libreswan_version v = ipsec_conf_version(conf);

	return json_sprintf("%u.%u", v.major, v.minor);
}

static int list_json(struct conn_context *c, const bool *wanted)
{
	json_t *all = json_object(), *conns = json_array();

	for (size_t i = 0; i < ipsec_conf_n_conns(c->conf); i++)
		if (wanted[i])
			json_array_append_new(conns,
					      conn_json(c->conf, ipsec_conf_conn(c->conf, i)));
	json_object_set_new(all, "libreswan", version_json(c->conf));
	json_object_set_new(all, "loadable", json_boolean(!ipsec_conf_is_broken(c->conf)));
	json_object_set_new(all, "conns", conns);
	json_object_set_new(all, "findings", conn_findings_json(c->conf, NULL));
	return ctl_print_json(c->ctl, all);
}

static int list_table(struct conn_context *c, const bool *wanted)
{
	static const struct ctl_column columns[] = { { .name = "CONN" },
						     { .name = "FILE" },
						     { .name = "LINE", .right = true } };
	struct libscols_table *table = ctl_table(c->ctl, columns, ARRAY_SIZE(columns));
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ipsec_conf_n_conns(c->conf); i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(c->conf, i);
		char line[16];
		const char *cells[] = { conn->name,
					ipsec_conf_file(c->conf, conn->place.file)->path, line };

		if (!wanted[i])
			continue;
		snprintf(line, sizeof(line), "%u", conn->place.line);
		r = ctl_table_line(table, cells, ARRAY_SIZE(cells));
	}
	if (r < 0) {
		scols_unref_table(table);
		table = NULL;
	}
	return ctl_print_table(table);
}

/* What needs no care for widths, escapes and character sets. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '\\')
			return false;
	return true;
}

/*
 * The same table without the library, which takes two thirds of the time for 10,000 conns: what is
 * not for a terminal has no width to keep to, and nearly all names are plain. Returns false where
 * that is not so.
 */
static bool list_plain(struct conn_context *c, const bool *wanted)
{
	const char *head[] = { "CONN", "FILE", "LINE" };
	size_t n = ipsec_conf_n_conns(c->conf);
	int widths[] = { 0, 0, 0 };
	unsigned last = 1;

	if (isatty(STDOUT_FILENO))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(c->conf, i);
		const char *path = ipsec_conf_file(c->conf, conn->place.file)->path;
		size_t len = strlen(conn->name), path_len = strlen(path);

		if (!wanted[i])
			continue;
		if (len == 0 || len > 1000 || path_len > 4096 || !is_plain(conn->name) ||
		    !is_plain(path))
			return false;
		widths[0] = (int)len > widths[0] ? (int)len : widths[0];
		widths[1] = (int)path_len > widths[1] ? (int)path_len : widths[1];
		last = conn->place.line > last ? conn->place.line : last;
	}
	widths[2] = snprintf(NULL, 0, "%u", last);
	for (size_t i = 0; c->ctl->legend && i < ARRAY_SIZE(head); i++)
		if (widths[i] < (int)strlen(head[i]))
			widths[i] = (int)strlen(head[i]);

	if (c->ctl->legend)
		printf("%-*s %-*s %*s\n", widths[0], head[0], widths[1], head[1], widths[2],
		       head[2]);
	for (size_t i = 0; i < n; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(c->conf, i);

		if (wanted[i])
			printf("%-*s %-*s %*u\n", widths[0], conn->name, widths[1],
			       ipsec_conf_file(c->conf, conn->place.file)->path, widths[2],
			       conn->place.line);
	}
	return true;
}

int conn_list(struct conn_context *c, int argc, char **argv)
{
	size_t n = ipsec_conf_n_conns(c->conf);
	_cleanup_free_ bool *wanted = calloc(n + 1, sizeof(*wanted));
	int status, printed;

	if (!wanted) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	status = mark_wanted(c, argc, argv, wanted);
	if (c->ctl->json != CTL_JSON_OFF) {
		printed = list_json(c, wanted);
	} else {
		printed = list_plain(c, wanted) ? CTL_FINE : list_table(c, wanted);
		conn_print_findings(c->conf, NULL);
	}
	if (printed == CTL_FINE && ipsec_conf_is_broken(c->conf))
		printed = CTL_ERROR;
	return status != CTL_FINE ? status : printed;
}

/* ---- show ---- */

static json_t *value_json(const struct ipsec_conf *conf, const struct ipsec_conf_value *v)
{
	json_t *j = json_object(), *via = json_array();

	json_object_set_new(j, "key", ctl_json_text(v->key));
	json_object_set_new(j, "value", ctl_json_text(v->value));
	json_object_set_new(j, "origin", json_string(ipsec_conf_origin_name(v->origin)));
	json_object_set_new(j, "spelled", ctl_json_text(v->spelled));
	json_object_set_new(j, "section", ctl_json_text(v->section));
	json_object_set_new(j, "place", conn_place_json(conf, v->place));
	for (size_t i = 0; i < v->n_via; i++)
		json_array_append_new(via, conn_place_json(conf, v->via[i]));
	json_object_set_new(j, "via", via);
	json_object_set_new(j, "conflict",
			    v->conflict ? conn_place_json(conf, v->other) : json_null());
	return j;
}

static int show_json(struct conn_context *c, const struct ipsec_conf_conn *conn,
		     const struct ipsec_conf_value *values, size_t n)
{
	json_t *all = conn_json(c->conf, conn), *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, value_json(c->conf, &values[i]));
	json_object_set_new(all, "libreswan", version_json(c->conf));
	json_object_set_new(all, "values", list);
	json_object_set_new(all, "findings", conn_findings_json(c->conf, conn->name));
	return ctl_print_json(c->ctl, all);
}

/* "FILE:LINE", and the also= lines on the way, innermost last. */
static void print_where(struct text *text, const struct ipsec_conf *conf,
			const struct ipsec_conf_value *v)
{
	if (v->place.line == 0)
		return;
	text_printf(text, "%s:%u", ipsec_conf_file(conf, v->place.file)->path, v->place.line);
	for (size_t i = 0; i < v->n_via; i++)
		text_printf(text, "%s%s:%u", i == 0 ? ", by also= at " : ", ",
			    ipsec_conf_file(conf, v->via[i].file)->path, v->via[i].line);
	if (v->conflict)
		text_printf(text, "; another value at %s:%u",
			    ipsec_conf_file(conf, v->other.file)->path, v->other.line);
}

static int show_table(struct conn_context *c, const struct ipsec_conf_value *values, size_t n)
{
	static const struct ctl_column columns[] = { { .name = "KEY" },
						     { .name = "VALUE", .wide = true },
						     { .name = "ORIGIN" },
						     { .name = "WHERE" } };
	struct libscols_table *table = ctl_table(c->ctl, columns, ARRAY_SIZE(columns));
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_text_ struct text where = TEXT_NULL;

		print_where(&where, c->conf, &values[i]);
		const char *cells[] = { values[i].key, values[i].value,
					ipsec_conf_origin_name(values[i].origin), where.data };

		r = where.failed ? -ENOMEM : ctl_table_line(table, cells, ARRAY_SIZE(cells));
	}
	if (r < 0) {
		scols_unref_table(table);
		table = NULL;
	}
	return ctl_print_table(table);
}

int conn_show(struct conn_context *c, int argc, char **argv)
{
	_cleanup_free_ struct ipsec_conf_value *values = NULL;
	const struct ipsec_conf_conn *conn;
	size_t n;
	int status;

	if (argc != 1) {
		ctl_error("conn show takes the name of one conn.");
		return CTL_USAGE;
	}
	conn = ipsec_conf_find(c->conf, argv[0]);
	if (!conn) {
		ctl_error("There is no conn \"%s\"; see esp-offloadctl conn list.", argv[0]);
		conn_print_findings(c->conf, argv[0]);
		return CTL_ERROR;
	}
	if (ipsec_conf_effective_all(c->conf, conn, &values, &n) < 0) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	if (c->ctl->json != CTL_JSON_OFF)
		return show_json(c, conn, values, n);

	if (c->ctl->legend) {
		_cleanup_text_ struct text head = TEXT_NULL;
		struct libreswan_version v = ipsec_conf_version(c->conf);

		text_printf(&head, "conn %s, %s:%u, by the rules of Libreswan %u.%u\n\n",
			    conn->name, ipsec_conf_file(c->conf, conn->place.file)->path,
			    conn->place.line, v.major, v.minor);
		ctl_print_safe(stdout, head.data ? head.data : "");
	}
	status = show_table(c, values, n);
	conn_print_findings(c->conf, conn->name);
	return status;
}

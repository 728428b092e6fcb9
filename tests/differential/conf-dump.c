/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "ipsec-files.h"
#include "text.h"

/*
 * What our reader makes of configurations, for the test beside Libreswan's own reader. Each line
 * of the standard input is a request, {"config": …, "version": "4.10", "directory": …}, perhaps
 * with "conn" and "set": {key: value or null}; each is answered by one line.
 */

/* Every byte as the character of that number: JSON has no other way to carry them. */
static json_t *latin1(const char *s, size_t len)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x80) {
			text_add_char(&text, (char)c);
		} else {
			text_add_char(&text, (char)(0xc0 | c >> 6));
			text_add_char(&text, (char)(0x80 | (c & 0x3f)));
		}
	}
	return json_stringn(text.data ? text.data : "", text.len);
}

static json_t *latin1_text(const char *s)
{
	return s ? latin1(s, strlen(s)) : json_null();
}

/* Back again; strings that come in hold no NUL. */
static char *from_latin1(const char *s)
{
	char *bytes = calloc(1, strlen(s) + 1);
	size_t n = 0;

	for (; bytes && *s; s++) {
		unsigned char c = (unsigned char)*s;

		bytes[n++] = c < 0x80 ? (char)c : (char)((c & 3) << 6 | (*++s & 0x3f));
	}
	return bytes;
}

static json_t *place(const struct ipsec_conf *conf, struct ipsec_conf_place p)
{
	return json_pack("{s:s, s:i, s:i}", "file", ipsec_conf_file(conf, p.file)->path, "line",
			 (int)p.line, "column", (int)p.column);
}

static json_t *dump_values(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn)
{
	struct ipsec_conf_value *values;
	json_t *all = json_array();
	size_t n;

	if (ipsec_conf_effective_all(conf, conn, &values, &n) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_pack("{s:s, s:s, s:b}", "key", values[i].key, "origin",
				      ipsec_conf_origin_name(values[i].origin), "conflict",
				      values[i].conflict);

		json_object_set_new(v, "value", latin1_text(values[i].value));
		json_object_set_new(v, "section", latin1_text(values[i].section));
		json_object_set_new(v, "via", json_integer((json_int_t)values[i].n_via));
		if (values[i].place.line > 0)
			json_object_set_new(v, "place", place(conf, values[i].place));
		json_array_append_new(all, v);
	}
	free(values);
	return all;
}

static json_t *dump_conns(struct ipsec_conf *conf)
{
	json_t *conns = json_array();

	for (size_t i = 0; i < ipsec_conf_n_conns(conf); i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(conf, i);
		json_t *c = json_object();

		json_object_set_new(c, "name", latin1_text(conn->name));
		json_object_set_new(c, "place", place(conf, conn->place));
		json_object_set_new(c, "definitions", json_integer(conn->n_definitions));
		json_object_set_new(c, "values", dump_values(conf, conn));
		json_array_append_new(conns, c);
	}
	return conns;
}

static json_t *dump_findings(const struct ipsec_conf *conf)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);
		json_t *j = json_pack("{s:s, s:s}", "code", ipsec_conf_code_name(f->code),
				      "severity", ipsec_conf_severity_name(f->severity));

		json_object_set_new(j, "text", latin1_text(f->text));
		json_object_set_new(j, "conn", latin1_text(f->conn));
		json_object_set_new(j, "place", place(conf, f->place));
		json_array_append_new(findings, j);
	}
	return findings;
}

static json_t *dump_edit(struct ipsec_conf *conf, const char *name, json_t *set)
{
	struct ipsec_conf_change changes[16];
	struct ipsec_conf_edit *edit = NULL;
	char *conn = from_latin1(name);
	json_t *answer = json_object(), *value;
	const char *key;
	size_t n = 0;
	int r;

	json_object_foreach(set, key, value)
	{
		changes[n].key = key;
		changes[n++].value =
			json_is_null(value) ? NULL : from_latin1(json_string_value(value));
	}
	r = ipsec_conf_plan(conf, conn, changes, n, &edit);
	json_object_set_new(answer, "result", json_integer(r));
	if (r >= 0) {
		json_object_set_new(answer, "refusal",
				    json_string(ipsec_conf_refusal_name(edit->refusal)));
		json_object_set_new(answer, "reason", latin1_text(edit->reason));
		json_object_set_new(answer, "path", latin1_text(edit->path));
		json_object_set_new(answer, "diff", latin1_text(edit->diff));
		json_object_set_new(answer, "bytes",
				    edit->bytes ? latin1(edit->bytes, edit->len) : json_null());
	}
	ipsec_conf_edit_free(edit);
	for (size_t i = 0; i < n; i++)
		free((char *)changes[i].value);
	free(conn);
	return answer;
}

static json_t *answer(json_t *request)
{
	struct ipsec_files_options options = {
		.config = json_string_value(json_object_get(request, "config")),
		.directory = json_string_value(json_object_get(request, "directory")),
		.root = json_string_value(json_object_get(request, "root")),
	};
	const char *conn = json_string_value(json_object_get(request, "conn"));
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	struct ipsec_conf *conf;
	json_t *all;

	if (libreswan_version_parse(json_string_value(json_object_get(request, "version")),
				    &options.version) < 0 ||
	    ipsec_files_load(&options, &files) < 0)
		abort();
	conf = ipsec_files_conf(files);
	all = json_pack("{s:b}", "broken", ipsec_conf_is_broken(conf));
	json_object_set_new(all, "conns", dump_conns(conf));
	json_object_set_new(all, "findings", dump_findings(conf));
	if (conn)
		json_object_set_new(all, "edit",
				    dump_edit(conf, conn, json_object_get(request, "set")));
	return all;
}

int main(void)
{
	char *line = NULL;
	size_t alloc = 0;

	while (getline(&line, &alloc, stdin) > 0) {
		json_t *request = json_loads(line, 0, NULL);
		json_t *all = request ? answer(request) : NULL;

		if (!all)
			return EXIT_FAILURE;
		json_dumpf(all, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(all);
		json_decref(request);
	}
	free(line);
	return EXIT_SUCCESS;
}

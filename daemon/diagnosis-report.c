/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-report.h"

#include <jansson.h>
#include <stdio.h>

static int print(json_t *report)
{
	int r = 0;

	if (!report)
		return -ENOMEM;
	if (json_dumpf(report, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF)
		r = -EIO;
	json_decref(report);
	return r;
}

/* Lines of logs and rules may hold any bytes; what is no UTF-8 becomes a question mark. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	char *copy;

	if (j)
		return j;
	copy = strdup(s);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	j = json_string(copy);
	free(copy);
	return j;
}

int diagnosis_report_progress(const char *what)
{
	return print(json_pack("{s:s, s:s}", "report", REPORT_PROGRESS, "what", what));
}

static json_t *row_to_json(const struct diagnosis_row *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "step",
			 diagnosis_step_name(r->step), "title", diagnosis_step_title(r->step), "id",
			 r->id, "status", diagnosis_status_name(r->status), "seen", text(r->seen),
			 "why", text(r->why), "remedy", text(r->remedy), "evidence",
			 text(r->evidence));
}

static enum diagnosis_status worst(const struct diagnosis *d)
{
	static const enum diagnosis_status order[] = { DIAGNOSIS_FAULT, DIAGNOSIS_SYMPTOM,
						       DIAGNOSIS_WARN };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t k = 0; k < d->n; k++)
			if (d->items[k].status == order[i])
				return order[i];
	return DIAGNOSIS_OK;
}

int diagnosis_report(const struct diagnosis *d, const char *conn, const char *summary)
{
	const struct diagnosis_row *cause = diagnosis_cause(d);
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < d->n; i++)
		if (json_array_append_new(rows, row_to_json(&d->items[i])) < 0) {
			json_decref(rows);
			return -ENOMEM;
		}
	return print(json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "report",
			       REPORT_DIAGNOSIS, "conn", text(conn), "status",
			       diagnosis_status_name(worst(d)), "cause", cause ? cause->id : "",
			       "step", cause ? diagnosis_step_name(cause->step) : "", "summary",
			       text(summary), "remedy", text(cause ? cause->remedy : ""), "mtu",
			       (int)d->mtu, "mss", (int)d->max_mss, "rows", rows));
}

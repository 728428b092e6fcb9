/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-report.h"

#include "json-text.h"

int diagnosis_report_progress(const char *what)
{
	return json_print(json_pack("{s:s, s:s}", "report", REPORT_PROGRESS, "what", what));
}

static json_t *row_to_json(const struct diagnosis_row *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "step",
			 diagnosis_step_name(r->step), "title", diagnosis_step_title(r->step), "id",
			 r->id, "status", diagnosis_status_name(r->status), "seen",
			 json_text(r->seen), "why", json_text(r->why), "remedy",
			 json_text(r->remedy), "evidence", json_text(r->evidence));
}

int diagnosis_report(const struct diagnosis *d, const char *conn, const char *summary)
{
	const struct diagnosis_row *cause = diagnosis_cause(d), *unseen = diagnosis_unseen(d);
	const char *remedy = cause ? cause->remedy : unseen ? unseen->remedy : "";
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < d->n; i++)
		if (json_array_append_new(rows, row_to_json(&d->items[i])) < 0) {
			json_decref(rows);
			return -ENOMEM;
		}
	return json_print(json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "report",
				    REPORT_DIAGNOSIS, "conn", json_text(conn), "status",
				    diagnosis_status_name(diagnosis_worst(d)), "cause",
				    cause ? cause->id : "", "step",
				    cause ? diagnosis_step_name(cause->step) : "", "summary",
				    json_text(summary), "remedy", json_text(remedy), "mtu",
				    (int)d->mtu, "mss", (int)d->max_mss, "rows", rows));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnosis.h"

/*
 * What "esp-offload-worker diagnose" prints on its standard output: JSON objects, one a line.
 * "report" says which:
 *
 *   progress   what is being done: "what"
 *   diagnosis  the whole, at the end: "conn", "status" (the worst of all rows), "cause" (the id of
 *              the first row with a fault, or ""), "step" (of that row), "summary", "remedy" (of
 *              that row), "mtu" and "mss" (0 where none need be set), and "rows", an array of
 *              objects with "step", "title", "id", "status", "seen", "why", "remedy", "evidence"
 */
#define REPORT_PROGRESS  "progress"
#define REPORT_DIAGNOSIS "diagnosis"

/* diagnosis_report_progress(), diagnosis_report() - Return: 0; -ENOMEM; -EIO */
int diagnosis_report_progress(const char *what);
int diagnosis_report(const struct diagnosis *d, const char *conn, const char *summary);

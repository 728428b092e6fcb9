/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover-json.h"

#include <stdio.h>

#include "json-text.h"

static int set_number(json_t *j, const char *key, uint64_t n)
{
	return json_object_set_new(j, key, json_integer((json_int_t)n));
}

/* Nothing to say is left out. */
static int set_string(json_t *j, const char *key, const char *value)
{
	return value ? json_object_set_new(j, key, json_text(value)) : 0;
}

static int set_sas(json_t *j, const char *key, const struct failover_sas *sas)
{
	return sas->known ? set_number(j, key, sas->n) : 0;
}

static int set_proof(json_t *j, const struct failover *f)
{
	const struct failover_evidence *e = &f->evidence;

	if (set_string(j, "verdict", verdict_name(f->verdict)) < 0 ||
	    set_string(j, "reason", f->reason) < 0 ||
	    set_number(j, "verdict_usec", f->verdict_usec) < 0 ||
	    set_number(j, "tx_packets", f->tx.packets) < 0 ||
	    set_number(j, "tx_hardware", f->tx.hardware) < 0 ||
	    set_number(j, "tx_counted", f->tx.counted) < 0 ||
	    set_number(j, "rx_packets", f->rx.packets) < 0 ||
	    set_number(j, "rx_hardware", f->rx.hardware) < 0 ||
	    set_number(j, "rx_counted", f->rx.counted) < 0 ||
	    set_number(j, "sas_idle", f->sas_idle) < 0 || set_sas(j, "sas_after", &e->sas) < 0 ||
	    set_number(j, "sas_refused", e->sas_refused) < 0 ||
	    set_string(j, "kernel", e->kernel_words) < 0 ||
	    set_string(j, "xfrm_errors", e->xfrm_errors) < 0)
		return -ENOMEM;
	return 0;
}

json_t *failover_to_json(const struct failover *f)
{
	json_t *j;

	j = json_pack("{s:I, s:I, s:o, s:o, s:s}", "id", (json_int_t)f->id, "realtime_usec",
		      (json_int_t)f->realtime_usec, "from", json_text(f->from), "to",
		      json_text(f->to), "cause", failover_cause_name(f->cause));
	if (!j || (f->outage_known && set_number(j, "outage_usec", f->outage_usec) < 0) ||
	    set_sas(j, "sas_before", &f->sas_before) < 0 || (f->proven && set_proof(j, f) < 0)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static uint64_t number(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? (uint64_t)n : 0;
}

static const char *string(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static struct failover_sas sas(const json_t *j, const char *key)
{
	return (struct failover_sas){ .known = json_object_get(j, key) != NULL,
				      .n = number(j, key) };
}

static struct proof_flow flow(const json_t *j, const char *packets, const char *hardware,
			      const char *counted)
{
	return (struct proof_flow){ number(j, packets), number(j, hardware), number(j, counted) };
}

/* Return: false without memory. */
static bool own_string(const json_t *j, const char *key, char **ret)
{
	const char *s = json_string_value(json_object_get(j, key));

	*ret = s ? strdup(s) : NULL;
	return !s || *ret;
}

void failover_done(struct failover *f)
{
	free(f->reason);
	free((char *)f->evidence.kernel_words);
	free((char *)f->evidence.xfrm_errors);
	*f = (struct failover){ 0 };
}

int failover_from_json(const json_t *j, struct failover *ret)
{
	struct failover f = {
		.id = number(j, "id"),
		.realtime_usec = number(j, "realtime_usec"),
		.outage_known = json_object_get(j, "outage_usec") != NULL,
		.outage_usec = number(j, "outage_usec"),
		.sas_before = sas(j, "sas_before"),
		.proven = json_object_get(j, "verdict") != NULL,
		.verdict_usec = number(j, "verdict_usec"),
		.tx = flow(j, "tx_packets", "tx_hardware", "tx_counted"),
		.rx = flow(j, "rx_packets", "rx_hardware", "rx_counted"),
		.sas_idle = number(j, "sas_idle"),
		.evidence = { .sas = sas(j, "sas_after"), .sas_refused = number(j, "sas_refused") },
	};
	char *words = NULL, *errors = NULL;

	if (f.id == 0 || f.id > INT64_MAX / 2 || string(j, "to")[0] == '\0')
		return -EBADMSG;
	snprintf(f.from, sizeof(f.from), "%s", string(j, "from"));
	snprintf(f.to, sizeof(f.to), "%s", string(j, "to"));
	for (enum failover_cause c = FAILOVER_UNKNOWN; c <= FAILOVER_RECONSTRUCTED; c++)
		if (streq(failover_cause_name(c), string(j, "cause")))
			f.cause = c;
	for (enum verdict v = VERDICT_UNKNOWN; v <= VERDICT_OFFLOADED; v++)
		if (streq(verdict_name(v), string(j, "verdict")))
			f.verdict = v;
	/* They come with the verdict: without one they are none, and would be lost when it comes.
	 */
	if (f.proven && (!own_string(j, "reason", &f.reason) || !own_string(j, "kernel", &words) ||
			 !own_string(j, "xfrm_errors", &errors))) {
		free(words);
		failover_done(&f);
		return -ENOMEM;
	}
	f.evidence.kernel_words = words;
	f.evidence.xfrm_errors = errors;
	*ret = f;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "small-failover-log.h"

#include "bus-input.h"
#include "bus-json.h"
#include "supervisor.h"

/* With its way from bytes to reports, which is its own affair. */
#include "../../daemon/worker-run.c"

/*
 * Any bytes as the standard output of the worker, in pieces. Whatever they are: the bond stands
 * somewhere, with a reason, and the bus can be told what is known of it.
 */

static void told(void *userdata, struct supervisor *s, unsigned int what)
{
	(void)userdata;
	(void)what;
	FUZZ_CHECK(bond_state_name(s->state) && s->reason);
}

static void failed_over(void *userdata, struct supervisor *s, const struct failover *f)
{
	(void)userdata;
	(void)s;
	(void)f;
	FUZZ_CHECK(false);
}

static void proved(void *userdata, struct supervisor *s, const struct prover_outcome *outcome,
		   bool asked)
{
	(void)userdata;
	(void)s;
	(void)outcome;
	(void)asked;
	FUZZ_CHECK(false);
}

static void wants_look(void *userdata, struct supervisor *s, const char *why)
{
	(void)userdata;
	FUZZ_CHECK(s && why);
}

static void report(void *userdata, json_t *j)
{
	supervisor_report(userdata, j);
}

static const struct supervisor_ops supervisor_ops = { told, failed_over, proved, wants_look, NULL };
static const struct worker_run_ops run_ops = { .report = report };

static void tell_bus(const struct supervisor *s)
{
	sd_bus_message *m = bus_input();
	int r = bus_append_dicts(m, s->findings);

	if (r >= 0)
		r = bus_append_dicts(m, s->plan);
	if (r >= 0)
		bus_input_end(m);
	sd_bus_message_unref(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static sd_event *event;
	struct policy_bond policy = { .name = (char *)(uintptr_t) "bond0" };
	struct worker_run run = { .ops = &run_ops, .in_fd = -1, .out_fd = -1 };
	struct supervisor *s = NULL;
	size_t half = size / 2;

	if (!event) {
		log_open("fuzz", LOG_EMERG - 1);
		FUZZ_CHECK(sd_event_new(&event) >= 0);
	}
	FUZZ_CHECK(supervisor_new(event, NULL, &policy, NULL, NULL, &supervisor_ops, NULL, &s) ==
		   0);
	run.userdata = s;
	/* As a pipe would give it. */
	take_bytes(&run, (const char *)data, half);
	take_bytes(&run, (const char *)data + half, size - half);
	text_done(&run.line);
	for (size_t i = 0; i < s->n_conns; i++)
		FUZZ_CHECK(s->conns[i].name);
	tell_bus(s);
	supervisor_free(s);
	return 0;
}

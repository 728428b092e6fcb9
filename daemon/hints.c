/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hints.h"

#include "kernel-log.h"
#include "kernel-words.h"
#include "xfrm.h"

/*
 * The journal's time of a message is when it got it, and ours of the switch when we saw it: either
 * may have been the first to wake up.
 */
#define SLACK_USEC UINT64_C(1000000)

struct hints {
	struct xfrm_counter *counters; /* at the beginning */
	size_t n_counters;
	bool begun;
	char *words, *errors;
};

struct reading {
	const char *bond, *port;
	struct kernel_words words;
};

int hints_new(struct hints **ret)
{
	struct hints *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*ret = h;
	return 0;
}

struct hints *hints_free(struct hints *h)
{
	if (!h)
		return NULL;
	free(h->counters);
	free(h->words);
	free(h->errors);
	free(h);
	return NULL;
}

void hints_begin(struct hints *h)
{
	free(h->counters);
	h->counters = NULL;
	h->begun = xfrm_stat(&h->counters, &h->n_counters) >= 0;
}

/* The text, or NULL where it is empty or there is no memory for it. */
static char *take(struct text *t)
{
	char *s = NULL;

	if (t->len == 0 || text_take(t, &s) < 0)
		return NULL;
	return s;
}

static char *errors_since(const struct hints *h)
{
	_cleanup_free_ struct xfrm_counter *now = NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	size_t n;

	if (!h->begun || xfrm_stat(&now, &n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		uint64_t before = xfrm_stat_value(h->counters, h->n_counters, now[i].name);

		if (now[i].value > before)
			text_printf(&t, "%s%s +%llu", t.len ? ", " : "", now[i].name,
				    (unsigned long long)(now[i].value - before));
	}
	return take(&t);
}

static void on_message(void *userdata, const char *message)
{
	struct reading *r = userdata;

	(void)kernel_words_take(&r->words, r->bond, r->port, message);
}

void hints_take(struct hints *h, const char *bond, const struct failover *f, uint64_t since_usec,
		const struct failover_sas *sas, struct failover_evidence *ret)
{
	struct reading reading = { .bond = bond, .port = f->to };
	_cleanup_text_ struct text t = TEXT_NULL;

	(void)kernel_log_read(since_usec > SLACK_USEC ? since_usec - SLACK_USEC : 0, on_message,
			      &reading);
	kernel_words_print(&reading.words, &t);
	free(h->words);
	h->words = take(&t);
	free(h->errors);
	h->errors = errors_since(h);

	*ret = (struct failover_evidence){
		.sas = *sas,
		/* bonding says it once, of all of them, also of those that the policy does not
		 * name. */
		.sas_refused = reading.words.without_ops ? sas->n_offloaded : reading.words.refused,
		.kernel_words = h->words,
		.xfrm_errors = h->errors,
	};
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

/* From the ground up: what stands further down is of no use while something above is wrong. */
static const struct check *const groups[] = {
	checks_bond, checks_port,   checks_kernel, checks_profile,   checks_ipsec,
	checks_conn, checks_limits, checks_sa,     checks_conn_last,
};

/* The order of the table stays within a severity: qsort(3) need not keep it, so it is part. */
struct ranked {
	struct finding finding;
	size_t place;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->finding.severity != y->finding.severity)
		return x->finding.severity < y->finding.severity ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int sort_findings(struct findings *f)
{
	_cleanup_free_ struct ranked *ranked = calloc(f->n + 1, sizeof(*ranked));

	if (!ranked)
		return -ENOMEM;
	for (size_t i = 0; i < f->n; i++)
		ranked[i] = (struct ranked){ f->items[i], i };
	qsort(ranked, f->n, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < f->n; i++)
		f->items[i] = ranked[i].finding;
	return 0;
}

int checks_run(const struct facts *facts, const struct policy_bond *policy, struct findings *ret)
{
	_cleanup_findings_ struct findings findings = FINDINGS_NULL;
	struct judge j;
	int r;

	r = judge_begin(facts, policy, &findings, &j);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		for (const struct check *c = groups[i]; c->info.id; c++)
			judge_run(&j, c);
	r = j.error;
	judge_end(&j);
	if (r == 0)
		r = sort_findings(&findings);
	if (r < 0)
		return r;

	*ret = findings;
	findings = FINDINGS_NULL;
	return 0;
}

const struct check_info *checks_info(size_t i)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (const struct check *c = groups[g]; c->info.id; c++)
			if (i-- == 0)
				return &c->info;
	return NULL;
}

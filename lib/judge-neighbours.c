/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-sharing.h"
#include "judge.h"

/* How many names a sentence takes before it says "and N more". */
enum {
	NAMES_MAX = 5
};

void judge_list_add(struct judge_list *l, const char *name)
{
	if (l->n++ < NAMES_MAX)
		text_printf(&l->text, "%s%s", l->n > 1 ? ", " : "", name);
}

const char *judge_list_take(struct judge *j, struct judge_list *l)
{
	if (l->n > NAMES_MAX)
		text_printf(&l->text, " and %zu more", l->n - NAMES_MAX);
	return judge_take(j, &l->text);
}

static bool goes_down_with(struct judge *j, const struct judge_conn *c,
			   const struct facts_tunnel *t)
{
	const struct ike_sharer sharer = { .conn = c->ends->name,
					   .has_ike = c->tunnel != NULL,
					   .ike = c->tunnel ? c->tunnel->ike : 0 };
	int r = ike_takes_down(j->facts, &sharer, t);

	if (r < 0)
		j->error = r;
	return r > 0;
}

/* A conn may have several tunnels at a time, and is named once. */
const char *judge_neighbours(struct judge *j, const struct judge_conn *c)
{
	const struct facts_tunnel *tunnels = j->facts->tunnels;
	struct judge_list l = { .text = TEXT_NULL };

	for (size_t i = 0; i < j->facts->n_tunnels; i++) {
		bool told = false;

		if (!goes_down_with(j, c, &tunnels[i]))
			continue;
		for (size_t k = 0; k < i && !told; k++)
			told = streq(tunnels[k].conn, tunnels[i].conn) &&
			       goes_down_with(j, c, &tunnels[k]);
		if (!told)
			judge_list_add(&l, tunnels[i].conn);
	}
	return judge_list_take(j, &l);
}

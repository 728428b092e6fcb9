/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outage.h"

#include "array.h"

void outages_done(struct outages *o)
{
	for (size_t i = 0; i < o->n_subjects; i++)
		free(o->subjects[i].name);
	free(o->subjects);
	free(o->items);
	*o = OUTAGES_NULL;
}

int outages_add(struct outages *o, const char *name, bool up)
{
	char *copy;
	int r;

	r = array_reserve(&o->subjects, &o->subjects_alloc, o->n_subjects, 1, sizeof(*o->subjects));
	if (r < 0)
		return r;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	o->subjects[o->n_subjects] = (struct outage_subject){ .name = copy, .up = up };
	return (int)o->n_subjects++;
}

void outages_step(struct outages *o, size_t step)
{
	o->step = step;
}

uint64_t outages_since(const struct outages *o, uint64_t now_usec)
{
	uint64_t since = now_usec;

	for (size_t i = 0; i < o->n; i++)
		if (o->items[i].step == o->step && o->items[i].from_usec < since)
			since = o->items[i].from_usec;
	return since;
}

static int begin(struct outages *o, size_t subject, uint64_t now_usec)
{
	int r = ARRAY_GROW(o);

	if (r < 0)
		return r;
	o->items[o->n++] = (struct outage){
		.subject = subject, .step = o->step, .from_usec = now_usec, .open = true
	};
	return 0;
}

int outages_see(struct outages *o, size_t subject, bool up, uint64_t now_usec)
{
	struct outage_subject *s = &o->subjects[subject];

	if (s->up == up)
		return 0;
	if (!up) {
		int r = begin(o, subject, now_usec);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; up && i < o->n; i++)
		if (o->items[i].subject == subject && o->items[i].open) {
			o->items[i].open = false;
			o->items[i].until_usec = now_usec;
		}
	s->up = up;
	return 0;
}

/* The times of one subject in one step, together. */
static uint64_t sum(const struct outages *o, size_t step, size_t subject, uint64_t now_usec,
		    bool *ret_open)
{
	uint64_t usec = 0;

	*ret_open = false;
	for (size_t i = 0; i < o->n; i++) {
		const struct outage *item = &o->items[i];

		if (item->step != step || item->subject != subject)
			continue;
		usec += (item->open ? now_usec : item->until_usec) - item->from_usec;
		*ret_open = *ret_open || item->open;
	}
	return usec;
}

void outages_print(const struct outages *o, size_t step, uint64_t now_usec, struct text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_subjects; i++) {
		bool open;
		uint64_t usec = sum(o, step, i, now_usec, &open);

		if (usec == 0 && !open)
			continue;
		text_printf(t, "%s%s for %llu.%02llu s%s", n++ > 0 ? ", " : "", o->subjects[i].name,
			    (unsigned long long)(usec / 1000000),
			    (unsigned long long)(usec % 1000000 / 10000),
			    open ? " and not back yet" : "");
	}
	if (n == 0)
		text_add(t, "nothing");
}

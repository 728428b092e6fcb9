/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"

#include "array.h"

static void finding_done(struct finding *f)
{
	free(f->subject);
	free(f->seen);
	free(f->why);
	free(f->remedy);
}

int findings_add(struct findings *f, const char *id, enum finding_severity severity, bool missing,
		 const char *subject, const char *seen, const char *why, const char *remedy)
{
	struct finding new = {
		.id = id,
		.severity = severity,
		.missing = missing,
		.subject = strdup(subject),
		.seen = strdup(seen),
		.why = strdup(why),
		.remedy = strdup(remedy),
	};

	if (!new.subject || !new.seen || !new.why || !new.remedy || ARRAY_GROW(f) < 0) {
		finding_done(&new);
		return -ENOMEM;
	}

	f->items[f->n++] = new;
	return 0;
}

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		finding_done(&f->items[i]);
	free(f->items);
	*f = FINDINGS_NULL;
}

size_t findings_block(const struct findings *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->items[i].severity == FINDING_BLOCKS;
	return n;
}

const struct finding *findings_by_id(const struct findings *f, const char *id)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->items[i].id, id))
			return &f->items[i];
	return NULL;
}

const char *finding_severity_name(enum finding_severity s)
{
	switch (s) {
	case FINDING_BLOCKS:
		return "blocks";
	case FINDING_WARNS:
		return "warns";
	case FINDING_NOTES:
		break;
	}
	return "notes";
}

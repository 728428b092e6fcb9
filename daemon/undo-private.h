/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "undo.h"

/*
 * What the files of the journal share: undo.c has the file and the transactions, undo-entry.c an
 * entry and its line, undo-merge.c what several transactions come to.
 */

struct undo {
	char *dir;
	char *path;
	char *temporary;
	struct undo_entry **items;
	size_t n, alloc;
	size_t n_finished;
	bool torn; /* the file is not what is in memory: it has to be written anew */
};

/* undo_remember() - one entry more, which the journal owns from then on; 0 or -ENOMEM */
int undo_remember(struct undo *u, struct undo_entry *e);

/* undo_drop() - one entry less, in memory */
void undo_drop(struct undo *u, size_t i);

/* undo_entry_to_json() - its line; NULL without memory */
json_t *undo_entry_to_json(const struct undo_entry *e);

/* undo_entry_from_json() - 0; -EBADMSG for what none is; -ENOMEM */
int undo_entry_from_json(json_t *j, struct undo_entry **ret);

/*
 * undo_entry_copy() - but for what was up, and the profile: these are of no use once the
 * transaction is finished; 0 or -ENOMEM
 */
int undo_entry_copy(const struct undo_entry *e, struct undo_entry **ret);

/*
 * undo_merge() - of each thing one entry, however often it was repaired, and nothing for pluto that
 * a revert needs not tell it
 *
 * Return: 0; -ENOMEM, and then it is half done.
 */
int undo_merge(struct undo *u);

/*
 * undo_add_right() - entries for what is right, and of which none is known
 *
 * Return: 1 when there were such; 0; -ENOMEM, and some may have been added.
 */
int undo_add_right(struct undo *u, const struct plan_rights *right);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "patch.h"
#include "plan.h"

/*
 * The undo journal of a bond: what stood there before each step, on disk before the step is taken.
 *
 * A file of JSON lines, undo-BOND.jsonl in the state directory. Entries behind the last mark belong
 * to a transaction that was not finished: the next run takes them back. Entries before it are what
 * a revert takes back. A line that a crash cut short belongs to a step that was not begun.
 *
 * What was right before any transaction has changed it stands there as well: somebody changes it,
 * that is repaired, and a revert leaves it as it was at first, which is right.
 */
struct undo;

/*
 * A larger journal is none of ours: none is written, and none is read. A step takes some hundred
 * bytes, and the lines of a conn that it edits.
 */
#define UNDO_MAX_BYTES (64 * 1024 * 1024)

struct undo_entry {
	enum step_kind kind;
	char *subject; /* as in the step: uuid, bond, conn or unit */
	/*
	 * STEP_PROFILE: -1, 0, 1; STEP_LIVE, STEP_REACTIVATE: the bit; STEP_REPLACE: whether the
	 * tunnel was up, and what its auto= asks for (enum ipsec_auto)
	 */
	int before;
	int after;
	char *file;         /* STEP_CONN: the file that is edited; NULL without a value */
	char *key;          /* STEP_CONN */
	char *value;        /* STEP_CONN: the value set; NULL: none, the old one was right */
	char *old_value;    /* STEP_CONN: the value that stood in its place; NULL: none did */
	struct patch patch; /* STEP_CONN: of the file; none: its bytes are nobody's wish any more */
	/*
	 * Until the transaction is finished. STEP_REPLACE, STEP_RESTART: conns that it may take
	 * down, and that nobody else brings up again; STEP_REACTIVATE: the ports
	 */
	char **up;
	size_t n_up;
	/*
	 * Until the transaction is finished. STEP_REACTIVATE: the uuid of the profile that the bond
	 * had; NULL: none, or the entry of an older version, which did not note it
	 */
	char *profile;
};

struct undo_entry *undo_entry_free(struct undo_entry *e);
DEFINE_CLEANUP(struct undo_entry, undo_entry_free)

/*
 * undo_open() - reads the journal of a bond, if there is one
 *
 * For whoever holds the lock of the state directory: the rest of a crash is removed.
 *
 * Return: 0; -ENOMEM; -EBADMSG when it cannot be understood: nothing must be changed then;
 * another negative errno when it cannot be read.
 */
int undo_open(const char *state_dir, const char *bond, struct undo **ret);
struct undo *undo_free(struct undo *u);
DEFINE_CLEANUP(struct undo, undo_free)

/* undo_n_entries(), undo_entry() - all entries, the oldest first */
size_t undo_n_entries(const struct undo *u);
const struct undo_entry *undo_entry(const struct undo *u, size_t i);

/* undo_n_finished() - how many of them belong to finished transactions */
size_t undo_n_finished(const struct undo *u);

/*
 * undo_note() - one more entry, on disk when this returns
 * @e: becomes the journal's in every case
 *
 * Return: 0; -EFBIG when the journal would be larger than UNDO_MAX_BYTES; another negative errno.
 * The step must not be taken then.
 */
int undo_note(struct undo *u, struct undo_entry *e);

/*
 * undo_note_up() - the conns that are up according to @with are noted beside those of the I-th
 * entry
 * @with: its up is taken over in part or as a whole
 *
 * Return: 0, with that on disk; a negative errno.
 */
int undo_note_up(struct undo *u, size_t i, struct undo_entry *with);

/*
 * undo_mark() - the transaction is finished
 * @right: what needed no step of it; noted, unless an earlier one knows of it
 *
 * What repaired something that an earlier one had applied, or found right, is merged with that: a
 * revert goes back to what was there before the first. Pluto is told no more of a conn whose file
 * stays as it is then.
 *
 * Return: 0; a negative errno, and all entries are still there, of a transaction that is not
 * finished.
 */
int undo_mark(struct undo *u, const struct plan_rights *right);

/*
 * undo_note_right() - the same where there was nothing to do at all
 *
 * Return: 0, also when all of it was known; a negative errno.
 */
int undo_note_right(struct undo *u, const struct plan_rights *right);

/* undo_entry_is_right() - it stands there for what was right, and there is nothing to take back */
bool undo_entry_is_right(const struct undo_entry *e);

/*
 * undo_forget_right() - such entries are no more
 * @is_kept: but for these; NULL: all
 *
 * Return: 0; a negative errno, when the file still has them.
 */
int undo_forget_right(struct undo *u,
		      bool (*is_kept)(const void *userdata, const struct undo_entry *e),
		      const void *userdata);

/*
 * undo_forget() - the I-th entry was taken back, and is no more
 *
 * Return: 0; a negative errno, when the file still has it: taking it back again does no harm.
 */
int undo_forget(struct undo *u, size_t i);

/* The bonds that have a journal, or the half of one that was never whole. */
struct undo_bonds {
	char **items;
	size_t n;
	size_t alloc;
};

#define UNDO_BONDS_NULL ((struct undo_bonds){ 0 })

/* undo_bonds() - Return: 0 with them in no order; a negative errno. */
int undo_bonds(const char *state_dir, struct undo_bonds *ret);
void undo_bonds_done(struct undo_bonds *b);

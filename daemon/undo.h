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
	char *file;         /* STEP_CONN: the file that is edited */
	char *key;          /* STEP_CONN */
	char *value;        /* STEP_CONN: the value set */
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
 *
 * What repaired something that an earlier one had applied is merged with that: a revert goes back
 * to what was there before the first. The bond's bit, where no earlier one had to switch it on, was
 * on then.
 *
 * Return: 0; a negative errno, and all entries are still there, of a transaction that is not
 * finished.
 */
int undo_mark(struct undo *u);

/*
 * undo_forget() - the I-th entry was taken back, and is no more
 *
 * Return: 0; a negative errno, when the file still has it: taking it back again does no harm.
 */
int undo_forget(struct undo *u, size_t i);

/* The bonds that have a journal. */
struct undo_bonds {
	char **items;
	size_t n;
	size_t alloc;
};

#define UNDO_BONDS_NULL ((struct undo_bonds){ 0 })

/* undo_bonds() - Return: 0 with them in no order; a negative errno. */
int undo_bonds(const char *state_dir, struct undo_bonds *ret);
void undo_bonds_done(struct undo_bonds *b);

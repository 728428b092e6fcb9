/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "ethtool.h"
#include "executor.h"
#include "ipsec-files.h"
#include "nm.h"
#include "undo.h"

/*
 * The kinds of steps: how each is noted, taken, looked at and taken back. For executor.c only.
 *
 * A step's effect is looked at where it shows (the kernel's bit, the file, pluto), never believed
 * from the answer to the request.
 */

struct steps {
	const struct executor_options *options;
	const struct facts *facts; /* NULL while something is taken back */
	const struct policy_bond *policy;
	const struct plan *plan; /* NULL while something is taken back without one */
	const char *bond;
	struct meter *meter; /* NULL: nothing is measured */

	/* Opened when first wanted. */
	struct nm *nm;
	sd_bus *bus;
	struct ethtool *ethtool;
	struct libreswan_version version; /* 0.0: not asked yet */

	bool stopped;        /* before all was done, because somebody asked for it */
	bool restart_failed; /* ours left ipsec down, or failing */
	bool replace_failed; /* ours may have left a conn out of pluto */
	size_t n_failed;     /* repairs */
	int forgotten;       /* what came of forgetting an entry of the journal last */
	char *why;           /* of the last failure, for people */
	char *remark;        /* what there is to know of a success, for people; NULL: nothing */
};

void steps_done(struct steps *s);

/* steps_fail() - remembers why, and returns 1, which means that a step failed */
int steps_fail(struct steps *s, const char *format, ...) _printf_(2, 3);

int steps_nm(struct steps *s);
int steps_bus(struct steps *s);
int steps_ethtool(struct steps *s);

/*
 * steps_bring_back() - has pluto bring up what was up before, according to the facts, and what
 * nobody else brings up again; gives all that was up some seconds for it
 * @ret_missing: a conn that the policy does not name, and whose tunnel is not back by then, whoever
 *               is to bring it up; else NULL; belongs to the facts
 *
 * Return: 0; a negative errno, when it cannot be seen.
 */
int steps_bring_back(struct steps *s, const char **ret_missing);

/*
 * steps_replace() - has pluto take a conn up once more, with nothing to take back: no file has
 * changed, or whoever takes that back replaces it as well
 *
 * Return: as a step.
 */
int steps_replace(struct steps *s, const char *conn);

/* steps_is_named() - true for a conn of the policy */
bool steps_is_named(const struct policy_bond *policy, const char *conn);

/* steps_files() - Libreswan's files as they are now; free with ipsec_files_free() */
int steps_files(struct steps *s, struct ipsec_files **ret);

/*
 * steps_see_gone() - that a conn which the files do not have is gone, and not hidden by one that
 * cannot be read
 *
 * Return: as a step.
 */
int steps_see_gone(struct steps *s, const struct ipsec_conf *conf, const char *conn);

/*
 * One kind of step. All return 0 when it went well, 1 when it did not (the reason is in s->why), or
 * a negative errno.
 */
struct step_kind_ops {
	/* What stands there now, for the journal. @ret may stay NULL: nothing to take back. */
	int (*note)(struct steps *s, const struct step *step, struct undo_entry **ret);
	/* Takes the step and looks at its effect. */
	int (*take)(struct steps *s, const struct step *step, const struct undo_entry *noted);
	/*
	 * Takes it back; it may not have been taken, or somebody may have changed the same thing
	 * since: what is not as the step left it is left alone.
	 */
	int (*undo)(struct steps *s, const struct undo_entry *entry);
	/*
	 * What stands there now, and goes down when the step is taken back; noted in the journal
	 * before. NULL: nothing does.
	 */
	int (*note_now)(struct steps *s, const struct undo_entry *entry, struct undo_entry **ret);
	/*
	 * Whether what the step has taken down is down still, so that nothing is interrupted by
	 * taking it back. NULL: the step takes nothing down.
	 */
	bool (*left_down)(struct steps *s, const struct undo_entry *entry);
};

extern const struct step_kind_ops step_profile;    /* step-feature.c */
extern const struct step_kind_ops step_reactivate; /* step-feature.c */
extern const struct step_kind_ops step_live;       /* step-feature.c */
extern const struct step_kind_ops step_conn;       /* step-conn.c */
extern const struct step_kind_ops step_replace;    /* step-pluto.c */
extern const struct step_kind_ops step_restart;    /* step-pluto.c */

/* Limits in time of the single waits; the first for a question to a program. */
#define STEPS_NM_USEC       UINT64_C(15000000)
#define STEPS_ACTIVATE_USEC UINT64_C(60000000)
#define STEPS_RESTART_USEC  UINT64_C(90000000)

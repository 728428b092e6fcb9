/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "policy.h"

struct ipsec_conf_change;

/*
 * From what is to what should be: ordered steps, each with what it changes, what it interrupts,
 * and its undo. The order is what Libreswan needs: the feature in the kernel first, then the conn,
 * then pluto, which reads the feature only once. An empty plan means that nothing is to be done.
 */

enum step_kind {
	STEP_PROFILE,    /* write the feature into the NetworkManager profile */
	STEP_REACTIVATE, /* activate the bond's profile again */
	STEP_LIVE,       /* set the bond's feature bit through ethtool netlink */
	STEP_CONN,       /* set keys of a conn in its file */
	STEP_REPLACE,    /* pluto takes up one conn again */
	STEP_REKEY,      /* pluto negotiates the SAs of one conn anew */
	STEP_RESTART,    /* systemd restarts ipsec */
};

struct step {
	enum step_kind kind;
	char *subject;    /* the profile's uuid, the bond, the conn or the unit */
	char *key;        /* STEP_CONN: the key to set */
	char *value;      /* STEP_CONN: its value */
	char *change;     /* what it changes, for people; for a conn's file the unified diff */
	char *interrupts; /* what it interrupts and for how long at the most; "nothing" */
	char *undo;       /* what takes it back, for people */
};

/* What needs no step, for it is as it should be: a revert is to leave it so, whoever changes it. */
struct plan_right {
	enum step_kind kind; /* STEP_PROFILE; STEP_LIVE: the bond's bit; STEP_CONN */
	char *subject;       /* as in the step */
	char *key;           /* STEP_CONN */
	char *value;         /* STEP_CONN: as it stands there; NULL: the conn inherits it */
};

struct plan_rights {
	struct plan_right *items;
	size_t n;
	size_t alloc;
};

struct plan {
	struct step *items;
	size_t n;
	size_t alloc;
	struct plan_rights right;
	bool repairs; /* nothing is configured: the steps bring back what was lost (repair.h) */
};

#define PLAN_NULL ((struct plan){ 0 })

/*
 * plan_make() - the steps for one bond
 * @facts, @policy: what is, and what should be; nothing may block (see checks.h)
 *
 * With "manage: monitor" there are none. Each key of a conn is a step of its own, with the diff
 * against the file as it is now; nic-offload comes last, so that a conn whose edits break off in
 * between still comes up. How pluto takes the conns up is decided by the rules of the installed
 * Libreswan; the step says why. What is as it should be already stands in the plan's right.
 *
 * Return: 0 with the steps in @ret, none of them when all is as it should be; -EPERM when an edit
 * would not be safe (the finding conn-edit says why); -ENOMEM.
 */
int plan_make(const struct facts *facts, const struct policy_bond *policy, struct plan *ret);

void plan_done(struct plan *p);

/*
 * plan_add() - one more step; the texts are copied
 * @change: NULL, or the key that STEP_CONN sets
 *
 * Return: 0; -ENOMEM.
 */
int plan_add(struct plan *p, enum step_kind kind, const char *subject,
	     const struct ipsec_conf_change *change, const char *text, const char *interrupts,
	     const char *undo);

/* For a local struct plan. */
#define _cleanup_plan_ _cleanup_(plan_done)

/* Words for people and for the bus: "profile", "reactivate", "live", "conn", … */
const char *step_kind_name(enum step_kind kind);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <systemd/sd-event.h>

#include "drift.h"
#include "follower.h"
#include "links.h"
#include "policy.h"
#include "prover.h"

/*
 * One bond under the policy: where it stands, its failovers and its proof. What has to be looked at
 * or changed on the host is the worker's; its reports come in here.
 */

enum bond_state {
	BOND_WAITING,    /* something is not there yet */
	BOND_BLOCKED,    /* a prerequisite fails */
	BOND_APPLYING,   /* the worker changes something */
	BOND_CONFIGURED, /* all is as it should be */
	BOND_FAILED,     /* applying failed; stays so until somebody asks anew */
};

/* Why nothing is changed any more, until somebody asks. */
enum bond_held {
	BOND_NOT_HELD,
	BOND_HELD_FAILED,
	BOND_HELD_REVERTED,
	BOND_HELD_FIGHT, /* two repairs were undone by somebody */
};

/* "waiting", "blocked", "applying", "configured", "failed" */
const char *bond_state_name(enum bond_state state);

struct supervisor;

/* What has changed: the bus tells it by these. */
enum supervisor_change {
	SUPERVISOR_STATE = 1 << 0,   /* state or its reason */
	SUPERVISOR_VERDICT = 1 << 1, /* verdict or ratio */
	SUPERVISOR_ACTIVE = 1 << 2,  /* the active port */
	SUPERVISOR_PORTS = 1 << 3,   /* ports, or what is known of them */
	SUPERVISOR_FINDINGS = 1 << 4,
	SUPERVISOR_FAILOVERS = 1 << 5, /* how many, or the last one */
	SUPERVISOR_FEATURE = 1 << 6,   /* the bond's feature bit */
	SUPERVISOR_PROFILE = 1 << 7,   /* profile, device or conns */
	SUPERVISOR_MODE = 1 << 8,
	SUPERVISOR_INTERRUPTIONS = 1 << 9, /* what the steps of the last application interrupted */
};

struct supervisor_ops {
	/* @what: bits of enum supervisor_change */
	void (*changed)(void *userdata, struct supervisor *s, unsigned int what);
	/* Told as soon as a switch is seen, before any proof. */
	void (*failed_over)(void *userdata, struct supervisor *s, const struct failover *f);
	/* A proof has ended; @asked: one of supervisor_verify(). */
	void (*proved)(void *userdata, struct supervisor *s, const struct prover_outcome *outcome,
		       bool asked);
	/* The host should be looked at; @why is for the log. */
	void (*wants_look)(void *userdata, struct supervisor *s, const char *why);
	/*
	 * Takes in what the kernel has told of SAs up to now, with supervisor_sa_told(). Return:
	 * false when nobody listens to it; NULL: nobody does.
	 */
	bool (*catch_up)(void *userdata);
};

/* Others read this; only supervisor.c writes it. */
struct supervisor {
	char *name;
	const struct policy_bond *policy; /* the manager's; NULL once the policy has it no more */

	enum bond_state state;
	char *reason; /* why it is in that state; "" when there is nothing to say */
	/* Failed, reverted, or in a fight with somebody: nothing is changed before one asks. */
	enum bond_held held;
	char *remark; /* what there is to know of it beside; NULL: nothing */
	char *left;   /* the same of conns that the policy names no more, until the next policy */
	/*
	 * How often it was released: by Apply, or by a policy that was loaded. What a run tells
	 * that began before the last of these holds nothing, and says nothing of what is wanted.
	 */
	unsigned int release, run_release;
	/* What an earlier run has left could not be taken back yet; tried again by the manager. */
	bool unsettled;

	int ifindex; /* FACTS_NO_LINK while the bond is not there */
	enum facts_bond_mode mode;
	char active[FACTS_NAME_SIZE];
	int active_index; /* of the active port; it stays when the name changes */
	bool feature_on;
	bool feature_unseen; /* the kernel did not say when it was asked last */

	struct proof proof;             /* the last verdict with its figures */
	struct prover_outcome verified; /* the last answer to who asked; may be no verdict */
	bool verified_by_pings;
	json_t *findings;
	json_t *plan;
	json_t *interruptions; /* of the steps that were taken last; NULL: none since the start */
	char *profile_uuid, *profile_path, *device_path; /* NULL: none */
	struct conn_ends *conns;
	size_t n_conns;

	const struct failover_log *failovers;

	unsigned int untold; /* the manager's: bits of enum supervisor_change for the bus */

	/* Its own affairs. */
	const struct supervisor_ops *ops;
	void *userdata;
	const struct links *links;
	struct ethtool *ethtool;
	struct prover *prover;
	struct prover *verifier; /* for who asks; never in the way of the other */
	bool verifier_probes;
	uint64_t verifier_until_usec; /* monotonic, from when on it is not begun anew any more */
	struct follower *follower;
	struct sa_book *book;
	sd_event_source *recount; /* armed when SAs went */
	sd_event_source
		*record;       /* armed while failovers are not on disk, and in the journal, yet */
	uint64_t n_in_journal; /* the newest one that is */
	bool blind;            /* the devices are not followed */
	bool looked;           /* the worker has told of the conns, of which there may be none */
	bool first_proof_done;
	bool unproven; /* an SA came too late for the proof whose verdict is about to be told */
	bool lost;     /* the last look has found lost tunnels that "on-loss" wants back */
	unsigned int n_not_repaired; /* how often that was tried in vain, one after the other */
	struct drift drift;
	sd_event_source *repair; /* when the next repair is due */
	char *revert_path;       /* is there while the bond is reverted; NULL: nowhere */
	char *libreswan;         /* its version as last seen; NULL: not yet */
};

/*
 * supervisor_new()
 * @policy: becomes the supervisor's view of the policy, and belongs to the manager
 * @state_dir: where failovers are kept; NULL for nowhere
 * @opener: as in prover_new()
 *
 * The bond is looked for in @links at once.
 *
 * Return: 0; a negative errno.
 */
int supervisor_new(sd_event *event, struct ethtool *ethtool, const struct policy_bond *policy,
		   const char *state_dir, const char *opener, const struct supervisor_ops *ops,
		   void *userdata, struct supervisor **ret);
struct supervisor *supervisor_free(struct supervisor *s);
DEFINE_CLEANUP(struct supervisor, supervisor_free)

/* supervisor_attach() - from now on the bond is followed in @links; told once, at the beginning */
void supervisor_attach(struct supervisor *s, const struct links *links);

/* supervisor_set_policy() - the policy was loaded anew; what was held is tried again */
void supervisor_set_policy(struct supervisor *s, const struct policy_bond *policy);

/*
 * supervisor_followed() - whether the devices are followed, as links_tell_followed() tells it:
 * while they are not, the active port may be another, and nothing that is proven would be about it
 */
void supervisor_followed(struct supervisor *s, bool followed);

/* supervisor_link_changed() - something happened to a device; most are none of this bond's */
void supervisor_link_changed(struct supervisor *s, const struct links_change *change);

/* supervisor_sa_told() - the kernel has told of an SA; NULL: what it told was lost */
void supervisor_sa_told(struct supervisor *s, const struct xfrm_message *message);

/*
 * supervisor_sa_added(), supervisor_sa_removed() - an SA came or went
 * @destination: NULL: it may have been any, and more than one
 */
void supervisor_sa_added(struct supervisor *s, const struct facts_ip *destination);
void supervisor_sa_removed(struct supervisor *s, const struct facts_ip *destination);

/* supervisor_run_begins() - what the worker tells from now on is of how the bond is wanted now */
void supervisor_run_begins(struct supervisor *s);

/* supervisor_report() - the worker tells of this bond */
void supervisor_report(struct supervisor *s, json_t *report);

/* supervisor_settled() - nothing is left half done, of any bond; what was said of that is over */
void supervisor_settled(struct supervisor *s);

/* supervisor_worker_failed() - the worker ended before its work was done */
void supervisor_worker_failed(struct supervisor *s, const char *why);

/*
 * supervisor_verify() - opens a proof now, or joins the one that is open for others who asked
 * @probe: ping; takes the place of one that does not
 * @how: when another one is joined only its time counts, and the longest of them
 *
 * What it proves is the bond's verdict; it ends no other proof, and is in no failover's record.
 *
 * Return: 0, and ops->proved will be called; a negative errno.
 */
int supervisor_verify(struct supervisor *s, bool probe, const struct policy_proof *how);

/* supervisor_view() - the bond as a sampler sees it; valid until the next change */
void supervisor_view(const struct supervisor *s, struct sampler_view *ret);

/* supervisor_may_repair() - true when there are lost tunnels that the worker may bring back */
bool supervisor_may_repair(const struct supervisor *s);

/* supervisor_may_change() - true when the worker may be let loose on the bond */
bool supervisor_may_change(const struct supervisor *s);

/* supervisor_release() - a bond that was held may be changed again */
void supervisor_release(struct supervisor *s);

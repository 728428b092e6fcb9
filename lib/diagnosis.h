/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "finding.h"
#include "firewall.h"
#include "pluto-conn.h"
#include "pluto-status.h"

/*
 * Why a tunnel does not come up, or carries nothing: from what was seen of one conn to rows, one
 * for each thing that was looked at, in the order of the troubleshooting chapter. The first row
 * with a fault is the cause; what only follows from one is a symptom.
 */

enum diagnosis_status {
	DIAGNOSIS_OK,
	DIAGNOSIS_FAULT,   /* a cause */
	DIAGNOSIS_SYMPTOM, /* follows from a cause, or tells that there is one */
	DIAGNOSIS_WARN,    /* works, or may work, and is in danger */
	DIAGNOSIS_SKIPPED, /* was not looked at; seen says why */
};

/* "ok", "fault", "symptom", "warn", "skipped" */
const char *diagnosis_status_name(enum diagnosis_status status);

/* The steps, in their order. */
enum diagnosis_step {
	STEP_TUNNEL,        /* is it up */
	STEP_BRING_UP,      /* bringing it up, on request */
	STEP_FIREWALL,      /* what drops or rejects IKE and ESP */
	STEP_MISMATCH,      /* what the two ends do not agree on */
	STEP_MTU,           /* the size of packets */
	STEP_NAT,           /* translation before encryption, and between the peers */
	STEP_CRYPTO_POLICY, /* the system-wide policy's part in it */
	STEP_KERNEL,        /* the kernel's SAs and error counters */
	STEP_OFFLOAD,       /* the checks and the proof */
	STEP_MAX_,
};

/* Stable lower-case words, and what people read. */
const char *diagnosis_step_name(enum diagnosis_step step);
const char *diagnosis_step_title(enum diagnosis_step step);

struct diagnosis_row {
	enum diagnosis_step step;
	const char *id; /* of static storage, stable: the step's name, or that of a cause */
	enum diagnosis_status status;
	char *seen;
	char *why;      /* "" where nothing is wrong */
	char *remedy;   /* "" where nothing is to be done */
	char *evidence; /* lines as they were found; "" for none */
};

struct diagnosis {
	struct diagnosis_row *items;
	size_t n;
	size_t alloc;
	unsigned int mtu;     /* for mtu=, when a smaller one than the route's is needed; else 0 */
	unsigned int max_mss; /* for TCP, with it */
};

#define DIAGNOSIS_NULL ((struct diagnosis){ 0 })

void diagnosis_done(struct diagnosis *d);

/* diagnosis_cause() - the first row with a fault, or NULL */
const struct diagnosis_row *diagnosis_cause(const struct diagnosis *d);

/*
 * diagnosis_unseen() - the row that says why neither the files nor pluto told anything, as they do
 * to nobody but root; NULL where they did, or something else was found
 */
const struct diagnosis_row *diagnosis_unseen(const struct diagnosis *d);

/*
 * diagnosis_worst() - the worst of all rows; DIAGNOSIS_SKIPPED, where nothing could be looked at,
 * stands between a symptom and a warning
 */
enum diagnosis_status diagnosis_worst(const struct diagnosis *d);

/*
 * diagnosis_summary() - one sentence: the cause, or that there is none, or why it cannot be told
 *
 * Return: 0, to be freed; -ENOMEM.
 */
int diagnosis_summary(const struct diagnosis *d, const char *conn, char **ret);

/* ---- what was seen ---- */

/* An error counter of the kernel before and after. */
struct diagnosis_counter {
	char name[40];
	uint64_t before, after;
};

/* What a measurement with don't-fragment found. */
struct diagnosis_path {
	int error; /* 0; a negative errno when it could not be done; -ENODATA: nobody was asked */
	struct facts_ip to;
	unsigned int sent;          /* packets to it, in all: pings and @knocks */
	unsigned int knocks;        /* of those, UDP and TCP, where no ping was answered */
	bool answered;              /* a small packet came back */
	unsigned int device;        /* the MTU of the device that it leaves by */
	unsigned int believed;      /* the longest that this host would send there now */
	unsigned int largest;       /* the longest IP packet that came back; 0: none */
	unsigned int smallest_lost; /* the shortest that did not; 0: all came back */
};

/* What the peer said to a question of ours about a version of IKE. */
enum diagnosis_ike {
	IKE_NOT_ASKED,
	IKE_SILENT,
	IKE_REFUSED, /* it answers, and takes nothing of what it was offered */
	IKE_SPEAKS,  /* it answers with a proposal that it takes */
};

struct diagnosis_net {
	struct facts_ip first, last;
};

/* Whether IKE, and ESP with it, takes TCP: enable-tcp= */
enum diagnosis_tcp {
	DIAGNOSIS_TCP_NO,
	DIAGNOSIS_TCP_FALLBACK, /* where UDP finds no answer */
	DIAGNOSIS_TCP_ONLY,
};

/*
 * Where IKE begins. With leftikeport= or rightikeport= IKE and ESP share these ports from the first
 * packet on; else it is 500, and 4500 where there is NAT. Source: end_host_port() in
 * programs/pluto/connections.c of Libreswan.
 */
struct diagnosis_ports {
	uint16_t local, remote;
	bool own; /* not 500 */
	enum diagnosis_tcp tcp;
	uint16_t tcp_remote;
};

/* Packets that the conn's SAs carried while they were looked at, ours included. */
struct diagnosis_traffic {
	bool known;
	uint64_t in, out;
	uint64_t usec; /* for how long */
};

struct diagnosis_seen {
	const char *conn;
	const struct facts *facts;
	bool is_root;

	/* The conn's ends and keys, from the files; diagnosis_read_conn() fills these. */
	bool in_files;
	struct facts_ip local, remote;
	struct diagnosis_net local_net, remote_net; /* family 0: not known */
	bool has_nets;                              /* leftsubnet= or rightsubnet= is set */
	char device[FACTS_NAME_SIZE];               /* the one that holds the local address */
	bool ikev1;
	bool local_is_left;
	struct diagnosis_ports ports;

	/*
	 * The first run of the ipsec command that did not end within its time: "whack --status".
	 * NULL: none. Others may have been answered all the same.
	 */
	const char *hung;
	uint64_t hung_usec; /* how long that one was given */

	int pluto_error; /* of asking for the status: 0, or a negative errno */
	struct pluto_conn pluto;
	int sas_error; /* of asking pluto for its SAs */
	const struct pluto_sas *pluto_sas;
	/*
	 * The kernel's SAs once more, asked after pluto, where facts has them from before: what a
	 * rekey brings or takes between the two questions is no difference.
	 */
	int later_error; /* 0, or a negative errno of asking again */
	const struct facts_sa *later_sas;
	size_t n_later_sas;

	bool up_asked;      /* --up */
	bool initiated;     /* it was re-added and initiated */
	int initiate_error; /* 0, or a negative errno of doing so */
	bool came_up;       /* it is established afterwards */
	uint64_t waited_usec;
	const char *said;        /* what `ipsec auto --add` and --up printed; may be NULL */
	const char *log;         /* what pluto logged of it; NULL: could not be read */
	const char *log_unread;  /* the file of it that could not be read, and why; NULL: none */
	const char *kernel_said; /* of the bond's SAs, in its log; NULL: could not be read */
	enum diagnosis_ike asked_v1, asked_v2;
	const char *accepts; /* what the peer took of our generous offer, for people; NULL */

	int firewall_error; /* 0, or a negative errno */
	const struct firewall *firewall;
	const char *firewall_unread; /* what of the rules could not be read; NULL: nothing */

	struct diagnosis_path path; /* through the tunnel, or to the peer beside it */
	bool path_is_inner;         /* it was measured through the tunnel */
	struct diagnosis_traffic traffic;

	const char *crypto_policy; /* its name; NULL: not known */

	const struct diagnosis_counter *counters;
	size_t n_counters;

	const struct findings *findings; /* of the checks; NULL: no bond is concerned */
	const char *bond;                /* the bond that the conn goes through, or NULL */

	const char *capture; /* what was captured; NULL: not asked for */
	int capture_error;
};

/*
 * diagnosis_read_conn() - fills what the files say of the conn: its ends, its device
 * @s: conn and facts are set
 *
 * Return: 0; -ENOMEM.
 */
int diagnosis_read_conn(struct diagnosis_seen *s);

/*
 * diagnosis_count() - what the conn's SAs carried between two dumps of the kernel's
 * @s: pluto_sas tell which SAs are the conn's; without them all with the peer are taken for that
 *
 * An SA that came meanwhile counts whole. @ret_traffic is known afterwards; its time is the
 * caller's.
 */
void diagnosis_count(const struct diagnosis_seen *s, const struct facts_sa *before, size_t n_before,
		     const struct facts_sa *after, size_t n_after,
		     struct diagnosis_traffic *ret_traffic);

/*
 * diagnosis_filter() - the filter of tcpdump(8) for IKE and ESP of the conn
 *
 * Return: 0, to be freed; -ENOMEM.
 */
int diagnosis_filter(const struct diagnosis_seen *s, char **ret);

/*
 * diagnosis_make() - all rows
 *
 * Each step has one row at least: where nothing was looked at it says why.
 *
 * Return: 0; -ENOMEM.
 */
int diagnosis_make(const struct diagnosis_seen *s, struct diagnosis *ret);

/* diagnosis_ids() - the I-th id that a row can have, or NULL after the last; for manual pages */
const char *diagnosis_ids(size_t i);

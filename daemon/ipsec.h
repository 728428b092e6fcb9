/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "pluto-conn.h"
#include "pluto-status.h"

/*
 * Pluto, by way of the `ipsec` command: its own socket speaks a binary struct that changes with
 * each version. The command's exit status is not believed (it is 0 after a rejected Child SA, and
 * for a conn that does not exist), but for 33, by which whack says that pluto is not there. A
 * command that does not end is killed.
 */

/*
 * What the runs of one errand share. Of those that hang in a row each halves what the next one
 * gets, so that all of them together lose no more than twice the limit, however many there are.
 */
struct ipsec_patience {
	unsigned int n_hung; /* since pluto answered last */
	uint64_t first_usec; /* the limit of the first that hung */
	char first[48];      /* and what it was: "whack --status"; "" for none */
};

struct ipsec {
	const char *path;                /* the command; NULL: /usr/sbin/ipsec */
	uint64_t limit_usec;             /* for each single run of it; 0: 10 s */
	struct ipsec_patience *patience; /* NULL: each run has the whole limit */
	/* Asked while something is waited for: true has the wait given up. NULL: never. */
	bool (*stop)(void);
};

/*
 * All of these return, beside what they say of themselves:
 *   -ENOENT        Libreswan is not installed
 *   -ENOTCONN      pluto does not run
 *   -EACCES        we may not speak with it (it takes root)
 *   -ETIMEDOUT     the command hung, and was killed
 *   -EBADMSG       it printed what cannot be understood
 *   -ENOMEM, or another errno from running it
 */

/* ipsec_limit() - how long the next run may take, from @ipsec's limit and what hung before */
uint64_t ipsec_limit(const struct ipsec *ipsec);

/* ipsec_version() - which version is installed; runs without pluto */
int ipsec_version(const struct ipsec *ipsec, struct facts_version *ret);

/*
 * ipsec_tunnels() - the conns that are established (`ipsec trafficstatus`)
 *
 * An empty list with 0 says that pluto answered and has none.
 */
int ipsec_tunnels(const struct ipsec *ipsec, struct facts_tunnel **ret, size_t *ret_n);

/* ipsec_sas() - the SAs that pluto believes in, by conn (`ipsec showstates`) */
int ipsec_sas(const struct ipsec *ipsec, struct pluto_sas *ret);

/*
 * ipsec_conn() - how pluto has one conn (`ipsec status`)
 * @conn: its name in the files
 *
 * A conn that is not loaded is a result, and no error.
 */
int ipsec_conn(const struct ipsec *ipsec, const char *conn, struct pluto_conn *ret);

/* What is to be done with a conn once it is loaded: its auto= as ipsec.conf(5) has it. */
enum ipsec_auto {
	IPSEC_AUTO_IGNORE,   /* not loaded at start-up; who has it up has loaded it by hand */
	IPSEC_AUTO_ADD,      /* loaded only; it is up because somebody asked, or not at all */
	IPSEC_AUTO_ONDEMAND, /* also "route": routed, goes up with the first packet */
	IPSEC_AUTO_START,    /* also "up": initiated */
	IPSEC_AUTO_KEEP,     /* loaded only, answering the peer */
};

/* ipsec_auto_parse() - the value of auto=, in any case; NULL or another word: IPSEC_AUTO_IGNORE */
enum ipsec_auto ipsec_auto_parse(const char *value);

/*
 * ipsec_replace() - lets pluto take up one conn anew from the files
 * @conn:     its name in the files
 * @want:     what its auto= asks for
 * @was_up:   it was established before: then it is initiated whatever auto= says
 * @ret_text: all that the commands printed, for pluto_messages_match(); free with free()
 *
 * The conn's SAs go down, and those of each conn that shares its IKE SA. Initiating is asked for
 * and not waited for; whether it came up is for ipsec_wait_established() to see.
 *
 * Return: 0 when pluto has the conn loaded afterwards; 1 when it has not: the conn was dropped, and
 * not accepted again, the text says why; or as above. With -ETIMEDOUT for its deletion it was
 * handed over all the same, so that it does not stay away.
 */
int ipsec_replace(const struct ipsec *ipsec, const char *conn, enum ipsec_auto want, bool was_up,
		  char **ret_text);

/*
 * ipsec_check_files() - has addconn read the files, as the unit does before it starts pluto
 * @config: the first of them
 * @ret_text: what it said, on one line; from malloc()
 *
 * Most mistakes it lets pass; with one that it does not, pluto would not start, and no conn could
 * be loaded.
 *
 * Return: 0, also where that could not be learnt; 1 when it rejects them; -ENOMEM.
 */
int ipsec_check_files(const struct ipsec *ipsec, const char *config, char **ret_text);

/*
 * ipsec_load() - has pluto take up a conn from the files, unless it has it
 *
 * Return: 0; 1 when pluto does not have it even then; or as above.
 */
int ipsec_load(const struct ipsec *ipsec, const char *conn);

/*
 * ipsec_delete() - takes one conn out of pluto, and its tunnel down
 *
 * One that is not loaded is a result, and no error.
 *
 * Return: 0 when pluto does not have it afterwards; 1 when it has; or as above.
 */
int ipsec_delete(const struct ipsec *ipsec, const char *conn);

/*
 * ipsec_rekey() - asks pluto to negotiate new SAs for a conn that is up
 * @ret_text: what it printed, for pluto_messages_match(); free with free()
 *
 * Its IKE SA stays, and with it all other conns. It is asked for and not waited for; whether the
 * new SAs are there is for the kernel to say.
 *
 * Return: 0, whatever came of it; or as above.
 */
int ipsec_rekey(const struct ipsec *ipsec, const char *conn, char **ret_text);

/*
 * ipsec_initiate() - asks pluto to bring a conn up, and reads along for a while
 * @limit_usec: how long to read; pluto goes on after that
 * @ret_text:   what it printed, for pluto_messages_match(); free with free()
 *
 * Return: 0, whatever came of it; or as above. Reaching the limit is no error.
 */
int ipsec_initiate(const struct ipsec *ipsec, const char *conn, uint64_t limit_usec,
		   char **ret_text);

/*
 * ipsec_ask_up() - asks pluto to bring a conn up, and waits for nothing
 *
 * Return: 0, whatever comes of it; or as above.
 */
int ipsec_ask_up(const struct ipsec *ipsec, const char *conn);

/*
 * ipsec_wait_established() - waits until pluto shows all of these conns as established
 * @conns, @n_conns: names in the files; all of NAME/1x1, NAME/1x2, … count as NAME, one suffices
 * @limit_usec: how long to wait
 * @ret_missing: when it returns 1, the first of @conns that is not there; belongs to the caller's
 *               array
 *
 * Asks at once, and then at growing distances up to a second. Pluto may be away in between
 * (it is being restarted).
 *
 * Return: 0 when all are; 1 when the time ran out; -ECANCELED when it was given up; -ENOENT;
 * -EACCES; -ENOMEM.
 */
int ipsec_wait_established(const struct ipsec *ipsec, const char *const *conns, size_t n_conns,
			   uint64_t limit_usec, const char **ret_missing);

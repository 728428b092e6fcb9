/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fake-kernel.h"
#include "link.h"

/*
 * What the files of the played kernel share: fake-kernel.c has its beginning and its end,
 * fake-answers.c what becomes of its answers, and each of the others one adapter: fake-links.c
 * bonds and their ports (link.h), fake-ethtool.c features and counters (ethtool.h), fake-sas.c the
 * tunnels (xfrm.h), fake-probes.c pings (probe.h), fake-log.c its log (kernel-log.h).
 */

enum {
	MAX_BONDS = 64,
	PORTS = 2,
	MAX_MESSAGES = 8192
};

struct fake_bond {
	struct facts_link link;
	struct facts_link ports[PORTS];
	struct facts_counters counters[PORTS];
	bool esp[PORTS];
	bool there, offload, flushed, feature_off;
	struct facts_link told; /* what was told of it last but one */
	uint32_t spi;
	uint64_t packets;
	uint64_t answers_missing; /* packets that were sent, and whose answers are under way */
};

/* All of it, between kernel_begin() and kernel_end(). */
struct fake_kernel {
	struct fake_bond bonds[MAX_BONDS];
	size_t n;
	int next_ifindex;

	/* The devices' messages, of which those from first on wait. */
	struct link_message messages[MAX_MESSAGES];
	size_t first, last;
	bool lost;
	int fd;         /* readable while there is something to read */
	int link_error; /* of each read of the devices' messages */
	bool link_error_ends;
	size_t n_link_reads;
	size_t n_failing, n_disturbed; /* of the next looks at all devices */

	/* SAs, and their messages, of which those from first_sa on wait. */
	bool has_software; /* a second pair of each tunnel, which carries nothing */
	bool idle_offload; /* and has offload all the same */
	size_t n_strangers;
	uint64_t neighbour, neighbour_rate; /* what it has carried, and does with each dump */
	struct xfrm_message sa_messages[MAX_MESSAGES];
	size_t first_sa, last_sa;
	bool lost_sas;
	const char *switches_to; /* during the next dump of SAs */
	size_t n_hurried;        /* dumps during which packets go */
	size_t slower;           /* so many more during each */
	bool failing_sas;
	size_t n_dumps_left; /* before they fail */
	size_t n_dumps, n_asked_for;
	uint64_t refused_packets;

	/* Pings. */
	bool answering, answers_in_hardware, keeping_answers, answers_queued;
	int answers; /* that wait to be read */
	size_t n_requests, n_lost_requests;
	size_t n_sockets, n_sockets_refused;
	int opener_busy, opener_error;

	/* Its log. */
	const char *said[16];
	size_t n_said;
	uint64_t asked_since;

	/* Which of its answers has a fault. */
	size_t strikes_at, n_answers;
	enum kernel_fault fault;
};

extern struct fake_kernel kernel;

/* kernel_port_named() - a port, its bond, and which one it is there; the test fails without */
struct facts_link *kernel_port_named(const char *name, struct fake_bond **ret_bond, size_t *ret_i);

/* kernel_is_struck() - counts an answer; whether it is the one that kernel_strikes() was told */
bool kernel_is_struck(void);

/*
 * kernel_may_answer() - before what was asked for. It has no second answer, which netlink's numbers
 * see to, and the wait for one that never comes ends with an error.
 *
 * Return: 0; a negative errno that is the answer.
 */
int kernel_may_answer(void);

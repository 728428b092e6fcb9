/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "xfrm.h"

/*
 * A kernel that the test plays, behind the headers of the adapters link, ethtool, xfrm and probe.
 * It has bonds with two ports each (bond0 over ix0 and ix1, bond1 over ix2 and ix3, …), and a
 * tunnel over each with one SA each way.
 */

/* kernel_begin() - bonds with both ports up, the first of each active; no tunnels' traffic yet */
void kernel_begin(size_t n_bonds);
void kernel_end(void);

/* The addresses of a bond's tunnel. */
struct facts_ip kernel_local(size_t bond);
struct facts_ip kernel_peer(size_t bond);

/* kernel_cuts_cable(), kernel_mends_cable() - the port's message alone; bonding answers later */
void kernel_cuts_cable(const char *port);
void kernel_mends_cable(const char *port);

/* kernel_switches() - the active port changes, told in bonding's order; NULL: there is none */
void kernel_switches(size_t bond, const char *port);

/* kernel_sets_primary() - a bond's primary port, told with what comes next; NULL: it has none */
void kernel_sets_primary(size_t bond, const char *port);

/* kernel_renames_port() - its message alone: the bond says nothing of it */
void kernel_renames_port(const char *name, const char *new_name);

/* kernel_exchanges_names() - each of two bonds has the other's, told of the first alone */
void kernel_exchanges_names(size_t bond, size_t other);

/* kernel_counts_failure() - bonding has counted one more failure of the port's link */
void kernel_counts_failure(const char *port);

/* kernel_sets_bond() - up or down, as anybody may; down takes the offloaded SAs with it */
void kernel_sets_bond(size_t bond, bool up);

/* kernel_sets_feature() - the bond's esp-hw-offload, as anybody may */
void kernel_sets_feature(size_t bond, bool on);

/* kernel_changes_mode() - as it is told; FACTS_MODE_… */
void kernel_changes_mode(size_t bond, enum facts_bond_mode mode);

/* kernel_loses_messages() - whatever waits is lost; the next read says so */
void kernel_loses_messages(void);

/* kernel_removes_bond(), kernel_makes_bond() - with the same name, and another ifindex */
void kernel_removes_bond(size_t bond);
void kernel_makes_bond(size_t bond);

/* kernel_carries() - packets through the tunnel each way; some of them through the active port's
 * hardware, as its counters show */
void kernel_carries(size_t bond, uint64_t packets, uint64_t hardware);

/* kernel_carries_between_reads() - so many of the next dumps of SAs are of a later moment than the
 * counters that were read before: packets have gone meanwhile */
void kernel_carries_between_reads(size_t n);

/* kernel_gets_slower() - and during each of these so many more go */
void kernel_gets_slower(size_t packets);

/* kernel_switches_during_dump() - the first bond does, while its SAs are dumped next */
void kernel_switches_during_dump(const char *port);

/* kernel_answers_probes() - each echo request is answered, through the hardware or not */
void kernel_answers_probes(bool hardware);

/* kernel_requests_sent() - how many echo requests were sent since the beginning */
size_t kernel_requests_sent(void);

/* kernel_sockets_opened() - for how many probes a socket was asked for since the beginning */
size_t kernel_sockets_opened(void);

/* kernel_loses_requests() - so many of the next ones get lost */
void kernel_loses_requests(size_t n);

/* kernel_opens_probes_after() - asked so often, who opens sockets for pings answers; @error: with
 * that */
void kernel_opens_probes_after(int asked, int error);

/* kernel_refuses_sockets() - so many of the next ones that are asked for there */
void kernel_refuses_sockets(size_t n);

/* kernel_keeps_answers() - from now on they are under way; kernel_lets_answers_in() - through the
 * hardware or not */
void kernel_keeps_answers(void);
void kernel_lets_answers_in(bool hardware);

/* kernel_queues_answers() - whether they are with the socket, and not to be read yet */
void kernel_queues_answers(bool queued);

/* kernel_rekeys() - the SAs go, and new ones come; it is told */
void kernel_rekeys(size_t bond);

/* kernel_forgets_offload() - the SAs' dump shows no offload */
void kernel_forgets_offload(size_t bond);

/* kernel_takes_esp_from() - a port that never could: no feature, no counters */
void kernel_takes_esp_from(const char *port);

/* kernel_log_asked_since() - from when on its log was read last, realtime */
uint64_t kernel_log_asked_since(void);

/* kernel_says() - a line in its log; kernel_refuses_packets() - XfrmInNoStates grows */
void kernel_says(const char *message);
void kernel_refuses_packets(uint64_t n);

/* kernel_has_sas_in_software() - a second pair of each tunnel, without offload, carries nothing */
void kernel_has_sas_in_software(void);

/* kernel_has_idle_sas() - the same with offload */
void kernel_has_idle_sas(void);

/* kernel_loses_sas_in_software() - it is gone again, and nobody is told */
void kernel_loses_sas_in_software(void);

/* kernel_flushes_sas() - as when the bond was set down: nobody is told */
void kernel_flushes_sas(size_t bond);

/* kernel_asks_for_sas() - in the place of an SA that leaves there is one that is only asked for */
void kernel_asks_for_sas(size_t bond);

/*
 * kernel_breaks_link_watch() - from now on each read of the devices' messages fails with @error,
 * until the socket is @reopened, or this is called with 0
 */
void kernel_breaks_link_watch(int error, bool reopened);

/* kernel_n_link_reads() - how many reads of those there were since the beginning */
size_t kernel_n_link_reads(void);

/* kernel_fails_dumps() - so many of the next looks at all devices fail */
void kernel_fails_dumps(size_t n);

/* kernel_talks_during_dumps() - so many of them are disturbed: each device tells where it stood
 * before, and then where it stands now, while the look is taken */
void kernel_talks_during_dumps(size_t n);

/* kernel_fails_sas() - the SAs cannot be dumped, but for so many times first */
void kernel_fails_sas(size_t but_for);

/* kernel_n_dumps() - how often SAs were read, all or some: the price of sampling */
size_t kernel_n_dumps(void);

/* kernel_n_asked_for() - how often it was some */
size_t kernel_n_asked_for(void);

/* kernel_has_strangers() - so many SAs are between others, and of no bond */
void kernel_has_strangers(size_t n);

/* kernel_has_neighbour() - a tunnel of others is offloaded through bond0, and carries so many
 * packets each way while its SAs are read */
void kernel_has_neighbour(uint64_t packets);

/* kernel_tells_of_sas() - as xfrm_watch_read() */
int kernel_tells_of_sas(struct xfrm_message *ret);

/* kernel_loses_sa_messages() - whatever waits of these is lost; the next read says so */
void kernel_loses_sa_messages(void);

/* What becomes of an answer of the kernel's. */
enum kernel_fault {
	KERNEL_FAILS,   /* an error in its place */
	KERNEL_IS_LATE, /* what is asked for comes while packets go, what is told a read later */
	KERNEL_TELLS_TWICE,
	KERNEL_NEVER_TELLS /* what is told is lost, which the next read says */
};

/* kernel_strikes() - that happens to the answer which is the Nth from now on, from 1; 0: to none */
void kernel_strikes(size_t nth, enum kernel_fault fault);

/* kernel_n_answers() - how many it has given since */
size_t kernel_n_answers(void);

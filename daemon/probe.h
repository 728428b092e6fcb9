/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "facts.h"

/*
 * ICMP and ICMPv6 echo: some traffic for the proof, where the policy names an address. A ping
 * socket (icmp(7), SOCK_DGRAM) is taken where net.ipv4.ping_group_range allows it, else a raw
 * one. Replies to others' pings are never counted, nor is a reply that comes twice.
 */
struct probe;

/*
 * probe_open() - makes ready to ping
 * @address: whom
 * @device: the interface that everything shall leave by, or NULL for whatever the routes say;
 *          needed for an IPv6 link-local address
 *
 * Return: 0; -EACCES or -EPERM when neither kind of socket is allowed; -ENODEV without such a
 * device; -EAFNOSUPPORT for an address of no family; another negative errno.
 */
int probe_open(const struct facts_ip *address, const char *device, struct probe **ret) _must_check_;
struct probe *probe_close(struct probe *p);

/*
 * probe_ask() - the same for who may not open such sockets: asks esp-offload-probe for one
 * @opener: the path of the socket where that answers; see probe-opener.h
 *
 * Does not wait for the answer: probe_ready() tells when it is there.
 *
 * Return: 0; -EAFNOSUPPORT for an address of no family; -ENOENT, -ECONNREFUSED when nobody answers
 * there; another negative errno.
 */
int probe_ask(const char *opener, const struct facts_ip *address, struct probe **ret) _must_check_;

/*
 * probe_ready() - whether requests can be sent
 *
 * Return: 1, always after probe_open(); 0 when the opener has not answered yet; -EACCES or -EPERM
 * when it may not either; -EBADMSG when it gave no socket that is good for this; another negative
 * errno. After an error it stays at that.
 */
int probe_ready(struct probe *p) _must_check_;
DEFINE_CLEANUP(struct probe, probe_close)

/*
 * probe_renew() - makes a new one, to the same address, with the socket of one that is ready
 *
 * It has sent nothing, and what still comes in reply to what was sent before is no reply to it:
 * each request carries what no other probe's has. Not after probe_set_path().
 *
 * Return: 0; -ENOTCONN when it has no socket yet; another negative errno. After an error it is good
 * for nothing but probe_close().
 */
int probe_renew(struct probe *p) _must_check_;

/* probe_fd() - becomes readable with POLLIN; it stays the probe's; -1 while it is not ready */
int probe_fd(const struct probe *p);

/*
 * probe_send() - sends one echo request, without blocking
 * @seq: its number; each only once for a probe
 *
 * 0 does not mean that it left: while an SA is still being negotiated for the address, the kernel
 * drops it and says nothing (net.core.xfrm_larval_drop).
 *
 * Return: 0; -EAGAIN when there is no room; -ENETUNREACH, -EHOSTUNREACH; another negative errno.
 */
int probe_send(struct probe *p, uint16_t seq) _must_check_;

/*
 * probe_read() - takes what has come in, without blocking
 *
 * What routers and firewalls answer by ICMP is no reply and no failure: the kernel tells it to
 * connected sockets only (raw_err(), ping_err()).
 *
 * Return: the number of requests whose first reply came since the last call; a negative errno.
 */
int probe_read(struct probe *p) _must_check_;

/* ---- how long a packet may be ---- */

/*
 * probe_set_path() - from now on no packet is fragmented, here or on the way, and what this host
 * has learnt of the path is not believed (IP_PMTUDISC_PROBE in ip(7))
 * @source: the address to send from, or of family 0 for whatever the routes say
 *
 * Return: 0; -EADDRNOTAVAIL when it is none of this host's; another negative errno.
 */
int probe_set_path(struct probe *p, const struct facts_ip *source) _must_check_;

/*
 * probe_send_sized() - as probe_send(), in an IP packet of that length
 * @length: with all headers; at most 65,535, and 48 (IPv4) or 68 (IPv6) at least
 *
 * Return: as probe_send(); -EMSGSIZE when it is too long for this host to send.
 */
int probe_send_sized(struct probe *p, uint16_t seq, unsigned int length) _must_check_;

/* probe_answered() - whether the reply to that request has been read */
bool probe_answered(const struct probe *p, uint16_t seq);

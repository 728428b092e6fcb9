/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/* Sockets that speak to one host. They never block. */

/*
 * ip_socket_open() - opens one for addresses of @to's family
 * @type:   SOCK_DGRAM or SOCK_STREAM
 * @from:   the address to send from; of another family: whatever the routes say
 * @bypass: what the policies of IPsec say is not for this socket, as IKE daemons do for their own;
 *          without CAP_NET_ADMIN they are
 *
 * Return: the socket; -EAFNOSUPPORT for an address of no family; -EADDRNOTAVAIL when @from is none
 * of this host's; another negative errno.
 */
int ip_socket_open(const struct facts_ip *from, const struct facts_ip *to, int type, bool bypass);

/*
 * ip_socket_connect() - connects it
 *
 * Return: 0; -EINPROGRESS while a stream is being made; another negative errno.
 */
int ip_socket_connect(int fd, const struct facts_ip *to, uint16_t port);

/* ip_socket_wait() - until there is something to be read or @until. Return: 0; a negative errno. */
int ip_socket_wait(int fd, uint64_t until_usec);

/* ip_socket_now_usec() - the clock of @until_usec */
uint64_t ip_socket_now_usec(void);

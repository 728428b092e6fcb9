/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * How much longer ESP makes a packet: RFC 4303, section 2, with the figures of each cipher from its
 * own RFC (4106, 7634, 3602, 4543) and of each check from RFC 2404 and 4868. The kernel counts the
 * same in esp4_init_state() and xfrm_state_mtu().
 */
struct esp_size {
	unsigned int iv;       /* bytes in front of the data */
	unsigned int block;    /* the data is padded to a multiple of it, 4 at least */
	unsigned int icv;      /* bytes behind it */
	unsigned int ip;       /* of the outer header in tunnel mode; 0 in transport mode */
	unsigned int udp;      /* 8 where NAT makes ESP travel in UDP */
	unsigned int inner_ip; /* the header that stays in front in transport mode */
};

/*
 * esp_size_of() - the figures for an SA
 * @cipher:     the kernel's name, such as "rfc4106(gcm(aes))" or "cbc(aes)"
 * @icv_bits:   of the check value; 0 where the cipher has it fixed or it is not known
 * @v6:         the outer packet is IPv6
 *
 * Return: 0; -ENOENT for a cipher that is not known.
 */
int esp_size_of(const char *cipher, unsigned int icv_bits, bool tunnel, bool udp, bool v6,
		struct esp_size *ret);

/* esp_size_packet() - how long an inner packet is on the wire, in bytes, IP headers included */
unsigned int esp_size_packet(const struct esp_size *s, unsigned int inner);

/* esp_size_inner() - the longest inner packet that still fits into an outer one of @mtu; 0: none */
unsigned int esp_size_inner(const struct esp_size *s, unsigned int mtu);

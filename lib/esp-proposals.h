/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What may come out of a negotiation over esp=, as far as ixgbe is concerned: it takes AES-GCM with
 * a key of 128 bits and an ICV of 128 bits, and nothing else (ixgbe_ipsec_parse_proto_keys() in
 * drivers/net/ethernet/intel/ixgbe/ixgbe_ipsec.c).
 */
enum esp_proposals {
	ESP_ALL_FIT,     /* it can only be AES-GCM-128 */
	ESP_FIRST_FITS,  /* AES-GCM-128 is asked for first, and others are accepted */
	ESP_FIRST_UNFIT, /* others are asked for first, and AES-GCM-128 is accepted */
	ESP_NONE_FITS,   /* it can never be AES-GCM-128 */
};

/*
 * esp_proposals_of() - judges a value of esp=
 * @value: as in ipsec.conf(5): proposals with commas between them, each of them the cipher, then
 *         after "-", "+" or ";" what belongs to it; "aes_gcm" without a length is both lengths, the
 *         longer first
 */
enum esp_proposals esp_proposals_of(const char *value);

/*
 * esp_cipher_fits() - the same of an SA that the kernel has
 * @cipher: the kernel's name of it
 * @key_bits, @icv_bits: with the salt, so 160 for AES-GCM-128; and of the check value
 */
bool esp_cipher_fits(const char *cipher, unsigned int key_bits, unsigned int icv_bits);

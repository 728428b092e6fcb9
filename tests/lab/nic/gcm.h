/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-GCM (NIST SP 800-38D) that never sleeps: bonding adds SAs to a port in atomic context, where
 * the kernel's crypto API may not be asked for a cipher.
 */
#ifndef LAB_NIC_GCM_H
#define LAB_NIC_GCM_H

#include <crypto/aes.h>
#include <linux/types.h>

#define GCM_IV_LEN  12
#define GCM_TAG_LEN 16

/* An element of GF(2^128): the coefficient of x^0 is the highest bit of high. */
struct gcm_element {
	u64 high;
	u64 low;
};

struct gcm_key {
	struct crypto_aes_ctx aes;
	struct gcm_element multiples[16]; /* of the hash key, by each polynomial of degree < 4 */
	u64 carry[16];                    /* what four bits shifted out below come back as */
};

/* Returns -EINVAL for a length that AES does not have. */
int gcm_set_key(struct gcm_key *key, const u8 *bytes, unsigned int length);

/* Both work in place; the tag is over the additional data and the ciphertext. */
void gcm_encrypt(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], const void *additional,
		 unsigned int additional_len, u8 *data, unsigned int len, u8 tag[GCM_TAG_LEN]);
void gcm_decrypt(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], const void *additional,
		 unsigned int additional_len, u8 *data, unsigned int len, u8 tag[GCM_TAG_LEN]);

#endif

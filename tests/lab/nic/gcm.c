// SPDX-License-Identifier: GPL-2.0-only
#include "gcm.h"

#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif
#include <crypto/algapi.h>
#include <linux/minmax.h>
#include <linux/string.h>

/* x^128 = x^7 + x^2 + x + 1, in GCM's reflected order of bits. */
#define GCM_POLYNOMIAL (0xe1ULL << 56)

static struct gcm_element times_x(struct gcm_element e)
{
	u64 out = e.low & 1;

	e.low = e.low >> 1 | e.high << 63;
	e.high = e.high >> 1 ^ (out ? GCM_POLYNOMIAL : 0);
	return e;
}

int gcm_set_key(struct gcm_key *key, const u8 *bytes, unsigned int length)
{
	u8 hash_key[AES_BLOCK_SIZE] = {};
	unsigned int i, bit;
	int err;

	err = aes_expandkey(&key->aes, bytes, length);
	if (err)
		return err;
	aes_encrypt(&key->aes, hash_key, hash_key);

	/* The highest bit of an index is the coefficient of x^0. */
	key->multiples[0] = (struct gcm_element){};
	key->multiples[8].high = get_unaligned_be64(hash_key);
	key->multiples[8].low = get_unaligned_be64(hash_key + 8);
	for (bit = 4; bit; bit >>= 1)
		key->multiples[bit] = times_x(key->multiples[bit * 2]);
	for (bit = 2; bit <= 8; bit <<= 1)
		for (i = 1; i < bit; i++) {
			key->multiples[bit + i].high =
				key->multiples[bit].high ^ key->multiples[i].high;
			key->multiples[bit + i].low =
				key->multiples[bit].low ^ key->multiples[i].low;
		}
	for (i = 0; i < 16; i++) {
		struct gcm_element e = { .low = i };

		for (bit = 0; bit < 4; bit++)
			e = times_x(e);
		key->carry[i] = e.high;
	}
	memzero_explicit(hash_key, sizeof(hash_key));
	return 0;
}

static void times_hash_key(const struct gcm_key *key, struct gcm_element *e)
{
	struct gcm_element product = {};
	int shift;

	/* Horner's rule, from the coefficients of the highest powers of x: the lowest bits. */
	for (shift = 0; shift < 128; shift += 4) {
		u64 word = shift < 64 ? e->low : e->high;
		const struct gcm_element *m = &key->multiples[word >> (shift % 64) & 15];
		u64 out = product.low & 15;

		product.low = (product.low >> 4 | product.high << 60) ^ m->low;
		product.high = product.high >> 4 ^ key->carry[out] ^ m->high;
	}
	*e = product;
}

static void hash(const struct gcm_key *key, struct gcm_element *e, const u8 *data, unsigned int len)
{
	while (len) {
		u8 block[AES_BLOCK_SIZE] = {};
		unsigned int n = min_t(unsigned int, len, AES_BLOCK_SIZE);

		memcpy(block, data, n);
		e->high ^= get_unaligned_be64(block);
		e->low ^= get_unaligned_be64(block + 8);
		times_hash_key(key, e);
		data += n;
		len -= n;
	}
}

static void counter_mode(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], u32 counter, u8 *data,
			 unsigned int len)
{
	u8 in[AES_BLOCK_SIZE], stream[AES_BLOCK_SIZE];

	memcpy(in, iv, GCM_IV_LEN);
	while (len) {
		unsigned int n = min_t(unsigned int, len, AES_BLOCK_SIZE);

		put_unaligned_be32(counter++, in + GCM_IV_LEN);
		aes_encrypt(&key->aes, stream, in);
		crypto_xor(data, stream, n);
		data += n;
		len -= n;
	}
}

static void authenticate(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], const void *additional,
			 unsigned int additional_len, const u8 *data, unsigned int len,
			 u8 tag[GCM_TAG_LEN])
{
	struct gcm_element e = {};

	hash(key, &e, additional, additional_len);
	hash(key, &e, data, len);
	e.high ^= (u64)additional_len * 8;
	e.low ^= (u64)len * 8;
	times_hash_key(key, &e);
	put_unaligned_be64(e.high, tag);
	put_unaligned_be64(e.low, tag + 8);
	counter_mode(key, iv, 1, tag, GCM_TAG_LEN);
}

void gcm_encrypt(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], const void *additional,
		 unsigned int additional_len, u8 *data, unsigned int len, u8 tag[GCM_TAG_LEN])
{
	counter_mode(key, iv, 2, data, len);
	authenticate(key, iv, additional, additional_len, data, len, tag);
}

void gcm_decrypt(const struct gcm_key *key, const u8 iv[GCM_IV_LEN], const void *additional,
		 unsigned int additional_len, u8 *data, unsigned int len, u8 tag[GCM_TAG_LEN])
{
	authenticate(key, iv, additional, additional_len, data, len, tag);
	counter_mode(key, iv, 2, data, len);
}

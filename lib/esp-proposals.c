/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp-proposals.h"

/* The names of AES-GCM with 128 bits and the full ICV, without underscores and hyphens; 16 and "c"
 * both mean an ICV of 16 bytes (Libreswan's lib/libswan/ike_alg_encrypt_aes.c). */
static const char *const fitting[] = { "aesgcm128", "aesgcm16128", "aesgcmc128", NULL };

/* Without a length both are offered. */
static const char *const both[] = { "aesgcm", "aesgcm16", "aesgcmc", NULL };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name(const char *s, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '_' || s[i] == '-')
			continue;
		if (lower(s[i]) != *name)
			return false;
		name++;
	}
	return *name == '\0';
}

static bool is_one_of(const char *s, size_t len, const char *const *names)
{
	for (; *names; names++)
		if (is_name(s, len, *names))
			return true;
	return false;
}

/* What has been seen of the ciphers, in their order. */
struct ciphers {
	bool any;
	bool first_fits;
	bool fitting;
	bool others;
};

static void add(struct ciphers *c, bool fits)
{
	if (!c->any)
		c->first_fits = fits;
	c->any = true;
	c->fitting = c->fitting || fits;
	c->others = c->others || !fits;
}

static void add_cipher(struct ciphers *c, const char *s, size_t len)
{
	if (is_one_of(s, len, both)) {
		add(c, false);
		add(c, true);
	} else {
		add(c, is_one_of(s, len, fitting));
	}
}

static size_t length_of_token(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && !strchr("-;+", s[n]))
		n++;
	return n;
}

/*
 * Digits behind a hyphen are the key's length, as in "aes_gcm-128" (<ealg>-<eklen> in Libreswan's
 * lib/libswan/proposals.c); all else there is of another algorithm.
 */
static size_t length_of_cipher(const char *s, size_t len)
{
	size_t n = length_of_token(s, len);

	if (n + 1 < len && s[n] == '-' && s[n + 1] >= '0' && s[n + 1] <= '9')
		n += 1 + length_of_token(s + n + 1, len - n - 1);
	return n;
}

/* The ciphers of one proposal: "aes_gcm128+aes_gcm256-null". */
static void add_proposal(struct ciphers *c, const char *s, size_t len)
{
	for (;;) {
		size_t n = length_of_cipher(s, len);

		add_cipher(c, s, n);
		if (n == len || s[n] != '+')
			return;
		s += n + 1;
		len -= n + 1;
	}
}

enum esp_proposals esp_proposals_of(const char *value)
{
	struct ciphers c = { 0 };

	while (*value) {
		size_t skip = strspn(value, ", \t"), len;

		value += skip;
		len = strcspn(value, ", \t");
		if (len > 0)
			add_proposal(&c, value, len);
		value += len;
	}

	if (!c.fitting)
		return ESP_NONE_FITS;
	if (!c.others)
		return ESP_ALL_FIT;
	return c.first_fits ? ESP_FIRST_FITS : ESP_FIRST_UNFIT;
}

bool esp_cipher_fits(const char *cipher, unsigned int key_bits, unsigned int icv_bits)
{
	return streq(cipher, "rfc4106(gcm(aes))") && key_bits == 160 && icv_bits == 128;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp-size.h"

#include "unit.h"

static struct esp_size size_of(const char *cipher, unsigned int icv, bool tunnel, bool udp, bool v6)
{
	struct esp_size s;

	ck_assert_int_eq(esp_size_of(cipher, icv, tunnel, udp, v6, &s), 0);
	return s;
}

START_TEST(aes_gcm_in_transport_mode_leaves_1466_of_1500)
{
	struct esp_size s = size_of("rfc4106(gcm(aes))", 128, false, false, false);

	/* 20 of IP, 8 of ESP, 8 of IV, 1446 of data and 2 behind it, 16 of ICV: 1500. */
	ck_assert_uint_eq(esp_size_inner(&s, 1500), 1466);
	ck_assert_uint_eq(esp_size_packet(&s, 1466), 1500);
	ck_assert_uint_gt(esp_size_packet(&s, 1467), 1500);
}
END_TEST

START_TEST(aes_gcm_in_tunnel_mode_leaves_1446_of_1500)
{
	struct esp_size s = size_of("rfc4106(gcm(aes))", 128, true, false, false);

	ck_assert_uint_eq(esp_size_inner(&s, 1500), 1446);
	ck_assert_uint_eq(esp_size_packet(&s, 1446), 1500);
}
END_TEST

START_TEST(aes_cbc_with_sha1_in_tunnel_mode_leaves_1438_of_1500)
{
	struct esp_size s = size_of("cbc(aes)", 96, true, false, false);

	/* 1500 - 20 - 8 - 16 - 12 = 1444, 90 blocks of 16 = 1440, less 2. */
	ck_assert_uint_eq(esp_size_inner(&s, 1500), 1438);
	ck_assert_uint_eq(esp_size_packet(&s, 1438), 1496);
}
END_TEST

START_TEST(nat_and_ipv6_take_their_share)
{
	struct esp_size plain = size_of("rfc4106(gcm(aes))", 128, true, false, false);
	struct esp_size nat = size_of("rfc4106(gcm(aes))", 128, true, true, false);
	struct esp_size six = size_of("rfc4106(gcm(aes))", 128, true, false, true);

	ck_assert_uint_eq(esp_size_inner(&plain, 1500) - esp_size_inner(&nat, 1500), 8);
	ck_assert_uint_eq(esp_size_inner(&plain, 1500) - esp_size_inner(&six, 1500), 20);
}
END_TEST

START_TEST(what_is_said_to_fit_fits_and_one_byte_more_does_not)
{
	static const char *const ciphers[] = { "rfc4106(gcm(aes))", "cbc(aes)", "cbc(des3_ede)",
					       "rfc7539esp(chacha20,poly1305)" };

	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++)
		for (unsigned int mtu = 576; mtu <= 9000; mtu += 7)
			for (int tunnel = 0; tunnel < 2; tunnel++) {
				struct esp_size s = size_of(ciphers[i], 128, tunnel, false, false);
				unsigned int inner = esp_size_inner(&s, mtu);

				ck_assert_uint_le(esp_size_packet(&s, inner), mtu);
				ck_assert_uint_gt(esp_size_packet(&s, inner + 1), mtu);
			}
}
END_TEST

START_TEST(a_tiny_mtu_and_an_unknown_cipher_have_no_answer)
{
	struct esp_size s = size_of("rfc4106(gcm(aes))", 128, true, false, false);

	ck_assert_uint_eq(esp_size_inner(&s, 40), 0);
	ck_assert_int_eq(esp_size_of("rot13", 0, false, false, false, &s), -ENOENT);
}
END_TEST

UNIT_MAIN("esp-size", aes_gcm_in_transport_mode_leaves_1466_of_1500,
	  aes_gcm_in_tunnel_mode_leaves_1446_of_1500,
	  aes_cbc_with_sha1_in_tunnel_mode_leaves_1438_of_1500, nat_and_ipv6_take_their_share,
	  what_is_said_to_fit_fits_and_one_byte_more_does_not,
	  a_tiny_mtu_and_an_unknown_cipher_have_no_answer)

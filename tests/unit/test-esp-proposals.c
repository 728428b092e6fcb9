/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp-proposals.h"
#include "unit.h"

START_TEST(a_list_of_ciphers_is_judged_by_its_first_and_by_its_others)
{
	static const struct {
		const char *esp;
		enum esp_proposals found;
	} rows[] = {
		{ "aes_gcm128", ESP_ALL_FIT },
		{ "aes_gcm128-null", ESP_ALL_FIT },
		{ "AES_GCM_128", ESP_ALL_FIT },
		{ "aes_gcm_16_128-none;dh19", ESP_ALL_FIT },
		{ "aes_gcm_c_128,aes_gcm128;modp2048", ESP_ALL_FIT },
		{ "aes_gcm-128-null", ESP_ALL_FIT },
		{ "aes_gcm_16-128", ESP_ALL_FIT },
		{ "aes_gcm_c-128-null;modp2048,aes_gcm128", ESP_ALL_FIT },
		{ "aes_gcm-256", ESP_NONE_FITS },
		{ "aes_gcm_8-128", ESP_NONE_FITS },
		{ "aes_gcm-128+aes_gcm-256-null", ESP_FIRST_FITS },
		{ "aes_gcm_a_128", ESP_NONE_FITS },
		{ "aes_gcm_8_128", ESP_NONE_FITS },
		{ "aes_gcm_12_128-null", ESP_NONE_FITS },
		{ "aes_gcm256", ESP_NONE_FITS },
		{ "aes128-sha2", ESP_NONE_FITS },
		{ "null_auth_aes_gmac128", ESP_NONE_FITS },
		{ "aes_gcm1280", ESP_NONE_FITS },
		{ "", ESP_NONE_FITS },
		{ ",", ESP_NONE_FITS },
		{ "aes_gcm", ESP_FIRST_UNFIT },
		{ "aes_gcm-null", ESP_FIRST_UNFIT },
		{ "aes_gcm128,aes128-sha1", ESP_FIRST_FITS },
		{ "aes_gcm128+aes_gcm256-null", ESP_FIRST_FITS },
		{ "aes_gcm256+aes_gcm128-null", ESP_FIRST_UNFIT },
		{ "aes_gcm256, aes_gcm128", ESP_FIRST_UNFIT },
		{ "aes_gcm128-sha1+sha2", ESP_ALL_FIT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(esp_proposals_of(rows[i].esp) == rows[i].found, "%s", rows[i].esp);
}
END_TEST

START_TEST(the_card_knows_one_cipher_in_one_size)
{
	ck_assert(esp_cipher_fits("rfc4106(gcm(aes))", 160, 128));
	ck_assert(!esp_cipher_fits("rfc4106(gcm(aes))", 288, 128));
	ck_assert(!esp_cipher_fits("rfc4106(gcm(aes))", 160, 96));
	ck_assert(!esp_cipher_fits("rfc7539esp(chacha20,poly1305)", 160, 128));
}
END_TEST

UNIT_MAIN("esp-proposals", a_list_of_ciphers_is_judged_by_its_first_and_by_its_others,
	  the_card_knows_one_cipher_in_one_size)

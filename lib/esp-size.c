/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp-size.h"

/* SPI and sequence number; pad length and next header. */
#define ESP_HEADER  8U
#define ESP_TRAILER 2U

/* What the kernel calls a cipher, or the beginning of it. ICV 0: it has none of its own. */
static const struct {
	const char *prefix;
	unsigned int iv, block, icv;
} ciphers[] = {
	{ "rfc4106(gcm(aes))", 8, 4, 16 }, { "rfc4309(ccm(aes))", 8, 4, 16 },
	{ "rfc4543(gcm(aes))", 8, 4, 16 }, { "rfc7539esp(chacha20,poly1305)", 8, 4, 16 },
	{ "cbc(aes)", 16, 16, 0 },         { "cbc(camellia)", 16, 16, 0 },
	{ "cbc(des3_ede)", 8, 8, 0 },      { "rfc3686(ctr(aes))", 8, 4, 0 },
	{ "ecb(cipher_null)", 0, 4, 0 },
};

/* HMAC-SHA2-256 with 128 bits is what Libreswan asks for first beside CBC. */
#define ICV_DEFAULT 16U

int esp_size_of(const char *cipher, unsigned int icv_bits, bool tunnel, bool udp, bool v6,
		struct esp_size *ret)
{
	unsigned int ip = v6 ? 40 : 20;

	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		if (!has_prefix(cipher, ciphers[i].prefix))
			continue;
		*ret = (struct esp_size){
			.iv = ciphers[i].iv,
			.block = ciphers[i].block,
			.icv = icv_bits         ? icv_bits / 8
			       : ciphers[i].icv ? ciphers[i].icv
						: ICV_DEFAULT,
			.ip = tunnel ? ip : 0,
			.udp = udp ? 8 : 0,
			.inner_ip = tunnel ? 0 : ip,
		};
		return 0;
	}
	return -ENOENT;
}

unsigned int esp_size_packet(const struct esp_size *s, unsigned int inner)
{
	unsigned int data = (inner > s->inner_ip ? inner - s->inner_ip : 0) + ESP_TRAILER;

	data = (data + s->block - 1) / s->block * s->block;
	return s->inner_ip + s->ip + s->udp + ESP_HEADER + s->iv + data + s->icv;
}

unsigned int esp_size_inner(const struct esp_size *s, unsigned int mtu)
{
	unsigned int around = s->inner_ip + s->ip + s->udp + ESP_HEADER + s->iv + s->icv;
	unsigned int data;

	if (mtu < around)
		return 0;
	data = (mtu - around) / s->block * s->block;
	return data < ESP_TRAILER ? 0 : s->inner_ip + data - ESP_TRAILER;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "unit.h"

#include <linux/xfrm.h>

#include "message.h"
#include "xfrm.h"

#define SA_DIR 33

static struct facts_ip ip(const char *text)
{
	struct facts_ip i;

	ck_assert_int_eq(facts_ip_parse(text, &i), 0);
	return i;
}

static void set_address(xfrm_address_t *a, const char *text)
{
	const struct facts_ip i = ip(text);

	memcpy(a, i.bytes, sizeof(*a));
}

static struct xfrm_usersa_info info_of(const char *from, const char *to)
{
	struct xfrm_usersa_info info = {
		.id.spi = htonl(0xc0ffee01),
		.id.proto = IPPROTO_ESP,
		.reqid = 16389,
		.family = (uint16_t)(strchr(from, ':') ? AF_INET6 : AF_INET),
		.mode = XFRM_MODE_TRANSPORT,
		.curlft.packets = 10,
		.curlft.bytes = 840,
	};

	set_address(&info.saddr, from);
	set_address(&info.id.daddr, to);
	return info;
}

static size_t put_aead(struct message *m, const char *name, uint32_t key_bits, uint32_t icv_bits,
		       size_t key_bytes)
{
	struct {
		struct xfrm_algo_aead head;
		uint8_t key[64];
	} a = { 0 };

	memcpy(a.head.alg_name, name, strnlen(name, sizeof(a.head.alg_name)));
	a.head.alg_key_len = key_bits;
	a.head.alg_icv_len = icv_bits;
	memset(a.head.alg_key, 0xa5, key_bytes);
	return message_put(m, XFRMA_ALG_AEAD, &a, sizeof(a.head) + key_bytes);
}

static size_t put_offload(struct message *m, int ifindex, uint8_t flags)
{
	struct xfrm_user_offload o;

	/* With the bytes between its members, as the kernel does it. */
	memset(&o, 0, sizeof(o));
	o.ifindex = ifindex;
	o.flags = flags;
	return message_put(m, XFRMA_OFFLOAD_DEV, &o, sizeof(o));
}

/* The SA of the documented conn, as the kernel tells it. */
static void offloaded(struct message *m, const char *from, const char *to, uint8_t flags)
{
	const struct xfrm_usersa_info info = info_of(from, to);

	message_begin(m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(m, "rfc4106(gcm(aes))", 160, 128, 20);
	put_offload(m, 7, flags);
}

static int parse(const struct message *m, struct facts_sa *ret)
{
	const struct facts_address own[] = { { .ifindex = 1, .ip = ip("2001:db8::9") },
					     { .ifindex = 7, .ip = ip("192.0.2.1") },
					     { .ifindex = 7, .ip = ip("2001:db8::1") } };
	struct nlmsghdr *copy = message_copy(m, m->header.nlmsg_len);
	int r = xfrm_parse(copy, own, ARRAY_SIZE(own), ret);

	free(copy);
	return r;
}

static int parse_only(const struct nlmsghdr *h)
{
	struct facts_sa sa;

	return xfrm_parse(h, NULL, 0, &sa);
}

static int parse_change_only(const struct nlmsghdr *h)
{
	struct xfrm_message m;

	return xfrm_parse_change(h, &m);
}

START_TEST(an_offloaded_sa_is_read_in_full)
{
	struct facts_sa sa;
	struct message m;

	offloaded(&m, "192.0.2.1", "198.51.100.2", 0);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_uint_eq(sa.spi, 0xc0ffee01);
	ck_assert_uint_eq(sa.proto, IPPROTO_ESP);
	ck_assert_int_eq(sa.direction, FACTS_OUT);
	ck_assert(facts_ip_equal(&sa.source, &(struct facts_ip){ AF_INET, { 192, 0, 2, 1 } }));
	ck_assert(facts_ip_equal(&sa.destination,
				 &(struct facts_ip){ AF_INET, { 198, 51, 100, 2 } }));
	ck_assert_uint_eq(sa.reqid, 16389);
	ck_assert(sa.transport);
	ck_assert(!sa.esn);
	ck_assert(!sa.encapsulated);
	ck_assert_str_eq(sa.cipher, "rfc4106(gcm(aes))");
	ck_assert_uint_eq(sa.key_bits, 160);
	ck_assert_uint_eq(sa.icv_bits, 128);
	ck_assert_uint_eq(sa.packets, 10);
	ck_assert_uint_eq(sa.bytes, 840);
	ck_assert_int_eq(sa.offload_link, 7);
}
END_TEST

START_TEST(nothing_of_the_key_is_in_the_result)
{
	struct facts_sa sa;
	struct message m;

	memset(&sa, 0, sizeof(sa));
	offloaded(&m, "192.0.2.1", "198.51.100.2", 0);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_ptr_null(memmem(&sa, sizeof(sa), "\xa5\xa5", 2));
}
END_TEST

START_TEST(the_kernels_word_on_the_direction_goes_before_the_addresses)
{
	struct facts_sa sa;
	struct message m;

	/* against what the addresses say */
	offloaded(&m, "192.0.2.1", "198.51.100.2", XFRM_OFFLOAD_INBOUND);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_int_eq(sa.direction, FACTS_IN);
	offloaded(&m, "198.51.100.2", "192.0.2.1", 0);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_int_eq(sa.direction, FACTS_OUT);
}
END_TEST

START_TEST(an_sa_that_is_not_offloaded_has_its_direction_from_the_addresses)
{
	static const struct {
		const char *from, *to;
		enum facts_direction direction;
	} cases[] = {
		{ "192.0.2.1", "198.51.100.2", FACTS_OUT },
		{ "198.51.100.2", "192.0.2.1", FACTS_IN },
		{ "2001:db8::1", "2001:db8::2", FACTS_OUT },
		{ "2001:db8::2", "2001:db8::1", FACTS_IN },
		{ "192.0.2.1", "192.0.2.1", FACTS_IN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct xfrm_usersa_info info = info_of(cases[i].from, cases[i].to);
		struct facts_sa sa;
		struct message m;

		message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
		ck_assert_int_eq(parse(&m, &sa), 0);
		ck_assert_int_eq(sa.direction, cases[i].direction);
		ck_assert_int_eq(sa.offload_link, FACTS_NO_LINK);
	}
}
END_TEST

START_TEST(a_later_kernel_tells_the_direction_without_offload)
{
	struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct facts_sa sa;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	message_put_u8(&m, SA_DIR, 1);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_int_eq(sa.direction, FACTS_IN);

	info = info_of("198.51.100.2", "192.0.2.1");
	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	message_put_u8(&m, SA_DIR, 2);
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_int_eq(sa.direction, FACTS_OUT);
}
END_TEST

START_TEST(mode_esn_and_encapsulation_are_told)
{
	struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	const struct xfrm_encap_tmpl encap = { .encap_type = 2 };
	struct facts_sa sa;
	struct message m;

	info.mode = XFRM_MODE_TUNNEL;
	info.flags = XFRM_STATE_ESN | XFRM_STATE_AF_UNSPEC;
	message_begin(&m, XFRM_MSG_UPDSA, &info, sizeof(info));
	message_put(&m, XFRMA_ENCAP, &encap, sizeof(encap));
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert(!sa.transport);
	ck_assert(sa.esn);
	ck_assert(sa.encapsulated);
	ck_assert_str_eq(sa.cipher, "");

	info.mode = XFRM_MODE_BEET;
	info.flags = XFRM_STATE_AF_UNSPEC;
	message_begin(&m, XFRM_MSG_UPDSA, &info, sizeof(info));
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert(!sa.transport);
	ck_assert(!sa.esn);
	ck_assert(!sa.encapsulated);
}
END_TEST

START_TEST(a_cipher_and_its_authentication_may_be_two)
{
	const struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct {
		struct xfrm_algo head;
		uint8_t key[16];
	} crypt = { .head = { .alg_name = "cbc(aes)", .alg_key_len = 128 } };
	struct {
		struct xfrm_algo_auth head;
		uint8_t key[32];
	} auth = { .head = {
			   .alg_name = "hmac(sha256)", .alg_key_len = 256, .alg_trunc_len = 96 } };
	struct facts_sa sa;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	message_put(&m, XFRMA_ALG_AUTH_TRUNC, &auth, sizeof(auth));
	message_put(&m, XFRMA_ALG_CRYPT, &crypt, sizeof(crypt));
	ck_assert_int_eq(parse(&m, &sa), 0);
	ck_assert_str_eq(sa.cipher, "cbc(aes)");
	ck_assert_uint_eq(sa.key_bits, 128);
	ck_assert_uint_eq(sa.icv_bits, 96);
}
END_TEST

START_TEST(an_algorithm_that_lies_about_its_key_is_malformed)
{
	const struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct facts_sa sa;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "rfc4106(gcm(aes))", 160, 128, 19);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "rfc4106(gcm(aes))", UINT32_MAX, 128, 20);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "rfc4106(gcm(aes))", 160, UINT32_MAX, 20);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "rfc4106(gcm(aes))", 157, 128, 19);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "rfc4106(gcm(aes))", 157, 128, 20);
	ck_assert_int_eq(parse(&m, &sa), 0);
}
END_TEST

START_TEST(a_cipher_without_an_end_is_malformed)
{
	const struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct facts_sa sa;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_aead(&m, "0123456789012345678901234567890123456789012345678901234567890123", 160, 128,
		 20);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);
}
END_TEST

START_TEST(a_family_that_is_neither_ipv4_nor_ipv6_is_malformed)
{
	struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct facts_sa sa;
	struct message m;

	info.family = AF_UNIX;
	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);
}
END_TEST

START_TEST(a_device_with_a_negative_index_is_malformed)
{
	const struct xfrm_usersa_info info = info_of("192.0.2.1", "198.51.100.2");
	struct facts_sa sa;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWSA, &info, sizeof(info));
	put_offload(&m, -7, 0);
	ck_assert_int_eq(parse(&m, &sa), -EBADMSG);
}
END_TEST

START_TEST(other_messages_are_no_sa)
{
	struct facts_sa sa;
	struct message m;

	offloaded(&m, "192.0.2.1", "198.51.100.2", 0);
	m.header.nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert_int_eq(parse(&m, &sa), -ENOMSG);
}
END_TEST

START_TEST(no_damage_makes_it_read_beyond_the_message)
{
	struct message m;

	offloaded(&m, "192.0.2.1", "198.51.100.2", 0);
	message_damage(&m, parse_only);
	message_damage(&m, parse_change_only);
}
END_TEST

START_TEST(a_new_sa_and_an_updated_one_are_changes)
{
	const struct facts_ip own = ip("2001:db8::1"), peer = ip("2001:db8::2");
	const struct xfrm_mark mark = { 5, UINT32_MAX };
	struct xfrm_message c;
	struct facts_sa sa;
	struct message m;

	offloaded(&m, "2001:db8::1", "2001:db8::2", 0);
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_ADDED);
	ck_assert_uint_eq(c.spi, 0xc0ffee01);
	ck_assert_uint_eq(c.proto, IPPROTO_ESP);
	ck_assert(facts_ip_equal(&c.source, &own));
	ck_assert(facts_ip_equal(&c.destination, &peer));
	ck_assert_int_eq(c.offload_link, 7);
	ck_assert(!c.marked);
	message_damage(&m, parse_change_only);

	m.header.nlmsg_type = XFRM_MSG_UPDSA;
	message_put(&m, XFRMA_MARK, &mark, sizeof(mark));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_UPDATED);
	ck_assert(c.marked);
	ck_assert_int_eq(xfrm_parse(&m.header, NULL, 0, &sa), 0);
	ck_assert(sa.marked);
}
END_TEST

START_TEST(other_ends_are_told_without_saying_whose)
{
	struct xfrm_userpolicy_id id = { 0 };
	struct xfrm_message c;
	struct message m;

	message_begin(&m, XFRM_MSG_MIGRATE, &id, sizeof(id));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_MIGRATED);
}
END_TEST

START_TEST(a_deleted_sa_is_told_by_its_id)
{
	struct xfrm_usersa_id id = { .spi = htonl(0x1001), .family = AF_INET, .proto = IPPROTO_AH };
	const struct facts_ip peer = ip("198.51.100.2"), own = ip("192.0.2.1");
	struct xfrm_usersa_info info = { .family = AF_INET };
	struct xfrm_message c;
	struct message m;

	set_address(&id.daddr, "198.51.100.2");
	message_begin(&m, XFRM_MSG_DELSA, &id, sizeof(id));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_DELETED);
	ck_assert_uint_eq(c.spi, 0x1001);
	ck_assert_uint_eq(c.proto, IPPROTO_AH);
	ck_assert(facts_ip_equal(&c.destination, &peer));
	ck_assert_int_eq(c.source.family, 0);
	message_damage(&m, parse_change_only);

	/* As the kernel does it, all of it goes along (xfrm_notify_sa()). */
	set_address(&info.saddr, "192.0.2.1");
	message_begin(&m, XFRM_MSG_DELSA, &id, sizeof(id));
	message_put(&m, XFRMA_SA, &info, sizeof(info));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert(facts_ip_equal(&c.source, &own));
	ck_assert(facts_ip_equal(&c.destination, &peer));
	message_damage(&m, parse_change_only);
}
END_TEST

/* What leads into the SAs of a conn for two networks. */
static struct xfrm_userpolicy_info policy_of(uint8_t direction, uint8_t action)
{
	struct xfrm_userpolicy_info info = {
		.sel = { .family = AF_INET,
			 .prefixlen_s = 24,
			 .prefixlen_d = 32,
			 .proto = IPPROTO_TCP,
			 .sport = htons(80),
			 .sport_mask = 0xffff,
			 .dport = htons(443),
			 .dport_mask = htons(0xff00),
			 .ifindex = 9 },
		.dir = direction,
		.action = action,
	};

	set_address(&info.sel.saddr, "10.9.1.0");
	set_address(&info.sel.daddr, "10.9.2.1");
	return info;
}

/* With IPcomp first, as pluto has it. */
static size_t put_transforms(struct message *m, uint8_t proto, uint32_t reqid)
{
	struct xfrm_user_tmpl transforms[2] = { { .id.proto = IPPROTO_COMP, .reqid = 16390 },
						{ .id.proto = proto, .reqid = reqid } };

	return message_put(m, XFRMA_TMPL, transforms, sizeof(transforms));
}

static int parse_flow_only(const struct nlmsghdr *h)
{
	struct facts_flow flow;

	return xfrm_parse_flow(h, &flow);
}

START_TEST(what_leads_into_sas_is_read_in_full)
{
	const struct xfrm_userpolicy_info info = policy_of(XFRM_POLICY_OUT, XFRM_POLICY_ALLOW);
	const struct facts_ip source = ip("10.9.1.0"), destination = ip("10.9.2.1");
	const struct xfrm_mark mark = { .v = 3, .m = 7 };
	struct facts_flow flow;
	struct message m;

	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	put_transforms(&m, IPPROTO_ESP, 16389);
	message_put_u32(&m, XFRMA_IF_ID, 5);
	message_put(&m, XFRMA_MARK, &mark, sizeof(mark));
	ck_assert_int_eq(xfrm_parse_flow(&m.header, &flow), 0);
	ck_assert_uint_eq(flow.reqid, 16389);
	ck_assert(facts_ip_equal(&flow.source, &source));
	ck_assert(facts_ip_equal(&flow.destination, &destination));
	ck_assert_uint_eq(flow.source_bits, 24);
	ck_assert_uint_eq(flow.destination_bits, 32);
	ck_assert_uint_eq(flow.proto, IPPROTO_TCP);
	ck_assert_uint_eq(flow.source_port, 80);
	ck_assert_uint_eq(flow.source_port_mask, 0xffff);
	ck_assert_uint_eq(flow.destination_port, 443);
	ck_assert_uint_eq(flow.destination_port_mask, 0xff00);
	ck_assert_int_eq(flow.link, 9);
	ck_assert_uint_eq(flow.if_id, 5);
	ck_assert_uint_eq(flow.mark, 3);
	ck_assert_uint_eq(flow.mask, 7);
	message_damage(&m, parse_flow_only);
}
END_TEST

START_TEST(what_leads_into_none_is_passed_over)
{
	struct xfrm_userpolicy_info info = policy_of(XFRM_POLICY_IN, XFRM_POLICY_ALLOW);
	struct message m;

	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	put_transforms(&m, IPPROTO_ESP, 16389);
	ck_assert_int_eq(parse_flow_only(&m.header), -ENOMSG);

	info = policy_of(XFRM_POLICY_OUT, XFRM_POLICY_BLOCK);
	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	put_transforms(&m, IPPROTO_ESP, 16389);
	ck_assert_int_eq(parse_flow_only(&m.header), -ENOMSG);

	info = policy_of(XFRM_POLICY_OUT, XFRM_POLICY_ALLOW);
	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	ck_assert_int_eq(parse_flow_only(&m.header), -ENOMSG);
	put_transforms(&m, IPPROTO_ESP, 0);
	ck_assert_int_eq(parse_flow_only(&m.header), -ENOMSG);

	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	put_transforms(&m, IPPROTO_AH, 1);
	ck_assert_int_eq(parse_flow_only(&m.header), 0);
	m.header.nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert_int_eq(parse_flow_only(&m.header), -ENOMSG);

	info.sel.family = AF_UNIX;
	message_begin(&m, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	put_transforms(&m, IPPROTO_ESP, 16389);
	ck_assert_int_eq(parse_flow_only(&m.header), -EBADMSG);
}
END_TEST

START_TEST(an_expiry_is_soft_or_hard)
{
	struct xfrm_user_expire e = { .state = info_of("192.0.2.1", "198.51.100.2") };
	struct xfrm_message c;
	struct message m;

	message_begin(&m, XFRM_MSG_EXPIRE, &e, sizeof(e));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_EXPIRED_SOFT);
	ck_assert_uint_eq(c.spi, 0xc0ffee01);

	e.hard = 1;
	message_begin(&m, XFRM_MSG_EXPIRE, &e, sizeof(e));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_EXPIRED_HARD);
	message_damage(&m, parse_change_only);
}
END_TEST

START_TEST(a_flush_tells_its_protocol_or_none_for_all)
{
	struct xfrm_usersa_flush f = { .proto = IPPROTO_ESP };
	struct xfrm_message c;
	struct message m;

	message_begin(&m, XFRM_MSG_FLUSHSA, &f, sizeof(f));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_int_eq(c.change, XFRM_FLUSHED);
	ck_assert_uint_eq(c.proto, IPPROTO_ESP);
	ck_assert_int_eq(c.destination.family, 0);

	f.proto = 255; /* IPSEC_PROTO_ANY */
	message_begin(&m, XFRM_MSG_FLUSHSA, &f, sizeof(f));
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), 0);
	ck_assert_uint_eq(c.proto, 0);
}
END_TEST

START_TEST(other_messages_are_no_change_of_an_sa)
{
	struct xfrm_message c;
	struct message m;

	offloaded(&m, "192.0.2.1", "198.51.100.2", 0);
	m.header.nlmsg_type = XFRM_MSG_ACQUIRE;
	ck_assert_int_eq(xfrm_parse_change(&m.header, &c), -ENOMSG);
}
END_TEST

UNIT_MAIN("xfrm-messages", an_offloaded_sa_is_read_in_full, nothing_of_the_key_is_in_the_result,
	  the_kernels_word_on_the_direction_goes_before_the_addresses,
	  an_sa_that_is_not_offloaded_has_its_direction_from_the_addresses,
	  a_later_kernel_tells_the_direction_without_offload, mode_esn_and_encapsulation_are_told,
	  a_cipher_and_its_authentication_may_be_two,
	  an_algorithm_that_lies_about_its_key_is_malformed, a_cipher_without_an_end_is_malformed,
	  a_family_that_is_neither_ipv4_nor_ipv6_is_malformed,
	  a_device_with_a_negative_index_is_malformed, other_messages_are_no_sa,
	  no_damage_makes_it_read_beyond_the_message, other_ends_are_told_without_saying_whose,
	  a_new_sa_and_an_updated_one_are_changes, a_deleted_sa_is_told_by_its_id,
	  what_leads_into_sas_is_read_in_full, what_leads_into_none_is_passed_over,
	  an_expiry_is_soft_or_hard, a_flush_tells_its_protocol_or_none_for_all,
	  other_messages_are_no_change_of_an_sa)

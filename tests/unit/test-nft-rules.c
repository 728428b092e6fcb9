/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-rules.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "text.h"
#include "unit.h"

/*
 * The reader over JSON as nft 1.0.6 prints it. Its rules are asked by way of a packet, as they are
 * in earnest.
 */

static struct firewall rules;
static struct nft_foreign foreign;
static struct firewall_answer answer;

static void begin(void)
{
	rules = FIREWALL_NULL;
	foreign = (struct nft_foreign){ 0 };
	answer = (struct firewall_answer){ 0 };
}

static void end(void)
{
	firewall_done(&rules);
	nft_foreign_done(&foreign);
}

static void read_json(const char *json, const char *listing)
{
	ck_assert_int_eq(nft_rules_parse(json, strlen(json), listing, &rules, &foreign), 0);
}

#define CHAIN(name, type, hook, policy)                                                            \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\",\"type\":\"" type   \
	"\",\"hook\":\"" hook "\",\"prio\":0,\"policy\":\"" policy "\"}},"
#define RULE(chain, handle, expr)                                                                  \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain                       \
	"\",\"handle\":" handle ",\"expr\":[" expr "]}}"
#define MATCH(left, right) "{\"match\":{\"op\":\"==\",\"left\":" left ",\"right\":" right "}}"
#define UDP_DPORT          "{\"payload\":{\"protocol\":\"udp\",\"field\":\"dport\"}}"
#define HEAD                                                                                       \
	"{\"nftables\":[{\"metainfo\":{\"version\":\"1.0.6\"}}," CHAIN(                            \
		"out", "filter", "output", "accept") CHAIN("in", "filter", "input", "drop")        \
		CHAIN("post", "nat", "postrouting", "accept") "{\"chain\":{\"family\":\"inet\","   \
							      "\"table\":\"t\",\"name\":\"sub\"}}"
#define TAIL "]}"

static struct facts_ip ip(const char *text)
{
	struct facts_ip a = { 0 };

	ck_assert_int_eq(facts_ip_parse(text, &a), 0);
	return a;
}

static enum firewall_fate sends(uint8_t protocol, uint16_t port)
{
	const struct firewall_packet p = { .source = ip("192.0.2.1"),
					   .destination = ip("192.0.2.2"),
					   .protocol = protocol,
					   .source_port = port,
					   .destination_port = port,
					   .out_device = "bond0",
					   .in_device = "",
					   .state = FIREWALL_STATE_NEW };

	return firewall_judge(&rules, FIREWALL_OUTPUT, &p, &answer);
}

static enum firewall_translation leaves(const char *from, const char *to)
{
	const struct firewall_packet p = {
		.source = ip(from), .destination = ip(to), .out_device = "bond0", .encrypts = true
	};
	const struct facts_ip own = ip("192.0.2.1");

	return firewall_translation(&rules, &p, &own, &answer);
}

#define EXPECT(expected, expr)                                                                     \
	do {                                                                                       \
		read_json(HEAD RULE("out", "5", expr) TAIL, NULL);                                 \
		ck_assert_int_eq(sends(17, 500), expected);                                        \
		end();                                                                             \
		begin();                                                                           \
	} while (0)

START_TEST(ports_protocols_addresses_and_devices_are_read)
{
	EXPECT(FIREWALL_DROPS,
	       MATCH(UDP_DPORT, "500") ",{\"counter\":{\"packets\":0}},{\"drop\":null}");
	EXPECT(FIREWALL_PASSES, MATCH(UDP_DPORT, "501") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS, MATCH(UDP_DPORT, "{\"set\":[4500,500]}") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS, MATCH(UDP_DPORT, "{\"range\":[400,600]}") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS, MATCH("{\"meta\":{\"key\":\"l4proto\"}}", "17") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS,
	       MATCH("{\"meta\":{\"key\":\"l4proto\"}}", "\"udp\"") ",{\"drop\":null}");
	EXPECT(FIREWALL_PASSES,
	       MATCH("{\"meta\":{\"key\":\"l4proto\"}}", "\"esp\"") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS,
	       MATCH("{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}}",
		     "{\"prefix\":{\"addr\":\"192.0.2.0\",\"len\":24}}") ",{\"drop\":null}");
	EXPECT(FIREWALL_PASSES, MATCH("{\"payload\":{\"protocol\":\"ip6\",\"field\":\"daddr\"}}",
				      "\"2001:db8::1\"") ",{\"drop\":null}");
	EXPECT(FIREWALL_DROPS,
	       MATCH("{\"meta\":{\"key\":\"oifname\"}}", "\"bond*\"") ",{\"drop\":null}");
	EXPECT(FIREWALL_REJECTS, "{\"reject\":{\"type\":\"icmpx\",\"expr\":\"admin-prohibited\"}}");
	EXPECT(FIREWALL_PASSES,
	       "{\"match\":{\"op\":\"!=\",\"left\":" UDP_DPORT ",\"right\":500}},{\"drop\":null}");
	EXPECT(FIREWALL_PASSES, "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},"
				"\"right\":[\"established\",\"related\"]}},{\"drop\":null}");
}
END_TEST

START_TEST(what_is_not_modelled_is_a_maybe)
{
	EXPECT(FIREWALL_MAY_DROP, "{\"limit\":{\"rate\":1,\"per\":\"second\"}},{\"drop\":null}");
	EXPECT(FIREWALL_MAY_DROP, MATCH("{\"meta\":{\"key\":\"mark\"}}", "1") ",{\"drop\":null}");
	EXPECT(FIREWALL_MAY_DROP, "{\"queue\":null}");
	EXPECT(FIREWALL_MAY_DROP,
	       "{\"match\":{\"op\":\">\",\"left\":{\"meta\":{\"key\":\"length\"}},"
	       "\"right\":1300}},{\"drop\":null}");
	EXPECT(FIREWALL_MAY_DROP, MATCH(UDP_DPORT, "{\"strange\":1}") ",{\"drop\":null}");
	EXPECT(FIREWALL_PASSES, MATCH("{\"payload\":{\"protocol\":\"tcp\",\"field\":\"flags\"}}",
				      "\"syn\"") ",{\"drop\":null}");
}
END_TEST

#define SADDR "{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}"
#define UPDATE(stmt)                                                                               \
	"{\"set\":{\"op\":\"update\",\"elem\":" SADDR stmt ",\"set\":\"@flood\"}},{\"drop\":null}"

START_TEST(a_limit_for_each_element_of_a_set_makes_a_maybe)
{
	EXPECT(FIREWALL_MAY_DROP,
	       UPDATE(",\"stmt\":[{\"limit\":{\"rate\":10,\"per\":\"second\",\"inv\":true}}]"));
	EXPECT(FIREWALL_MAY_DROP,
	       UPDATE(",\"stmt\":[{\"counter\":null},{\"ct count\":{\"val\":9,\"inv\":true}}]"));
	EXPECT(FIREWALL_DROPS, UPDATE(",\"stmt\":[{\"counter\":{\"packets\":0,\"bytes\":0}}]"));
	EXPECT(FIREWALL_DROPS, UPDATE(""));
}
END_TEST

START_TEST(named_sets_and_verdict_maps_are_looked_up)
{
	read_json(HEAD
		  ",{\"set\":{\"family\":\"inet\",\"name\":\"ports\",\"table\":\"t\",\"elem\":[500,"
		  "{\"elem\":{\"val\":4500,\"comment\":\"x\"}}]}}" RULE(
			  "out", "5", MATCH(UDP_DPORT, "\"@ports\"") ",{\"drop\":null}") TAIL,
		  NULL);
	ck_assert_int_eq(sends(17, 500), FIREWALL_DROPS);
	ck_assert_int_eq(sends(17, 4500), FIREWALL_DROPS);
	ck_assert_int_eq(sends(17, 53), FIREWALL_PASSES);
	end();
	begin();

	read_json(HEAD RULE("out", "5",
			    "{\"vmap\":{\"key\":" UDP_DPORT
			    ",\"data\":{\"set\":[[500,{\"jump\":{\"target\":\"sub\"}}],[53,{"
			    "\"drop\":null}]]}}}") RULE("sub", "6", "{\"drop\":null}") TAIL,
		  NULL);
	ck_assert_int_eq(sends(17, 500), FIREWALL_DROPS);
	ck_assert_int_eq(sends(17, 53), FIREWALL_DROPS);
	ck_assert_int_eq(sends(17, 4500), FIREWALL_PASSES);
}
END_TEST

START_TEST(translations_are_read_with_what_exempts_from_them)
{
	read_json(HEAD RULE("post", "5",
			    MATCH("{\"rt\":{\"key\":\"ipsec\"}}", "true") ",{\"accept\":null}")
			  RULE("post", "6", "{\"masquerade\":null}") TAIL,
		  NULL);
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
	end();
	begin();

	read_json(HEAD RULE("post", "6", "{\"snat\":{\"family\":\"ip\",\"addr\":\"192.0.2.7\"}}")
			  TAIL,
		  NULL);
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_TRANSLATES);
	ck_assert_int_eq(leaves("192.0.2.7", "192.168.0.1"), FIREWALL_KEEPS);
}
END_TEST

START_TEST(a_rule_is_told_as_nft_prints_it)
{
	read_json(
		HEAD RULE("out", "5", MATCH(UDP_DPORT, "500") ",{\"drop\":null}") TAIL,
		"table inet other { # handle 1\n\tchain out {\n\t\tmeta mark 1 # handle 5\n\t}\n}\n"
		"table inet t { # handle 2\n\tchain out { # handle 5\n"
		"\t\ttype filter hook output priority filter; policy accept;\n"
		"\t\tudp dport 500 drop # handle 5\n\t}\n}\n");

	ck_assert_int_eq(sends(17, 500), FIREWALL_DROPS);
	ck_assert_str_eq(answer.rule->text, "udp dport 500 drop");
}
END_TEST

START_TEST(tables_of_iptables_are_left_to_iptables_save)
{
	read_json(HEAD RULE("out", "5", "{\"xt\":null},{\"drop\":null}") TAIL, NULL);

	ck_assert_uint_eq(foreign.n, 1);
	ck_assert_str_eq(foreign.items[0].name, "t");
	ck_assert_uint_eq(rules.n, 0);
}
END_TEST

#define ELSEWHERE(family, hook, policy)                                                            \
	"{\"nftables\":[{\"chain\":{\"family\":\"" family                                          \
	"\",\"table\":\"t\",\"name\":\"c\",\"type\":"                                              \
	"\"filter\",\"hook\":\"" hook "\",\"dev\":\"bond0\",\"prio\":0,\"policy\":\"" policy       \
	"\"}}"
#define ELSEWHERE_DROPS(family)                                                                    \
	",{\"rule\":{\"family\":\"" family                                                         \
	"\",\"table\":\"t\",\"chain\":\"c\",\"handle\":5,\"expr\":[{"                              \
	"\"drop\":null}]}}"

START_TEST(chains_that_are_asked_elsewhere_are_told)
{
	static const struct {
		const char *json;
		bool told;
	} cases[] = {
		{ ELSEWHERE("netdev", "ingress", "accept") ELSEWHERE_DROPS("netdev") TAIL, true },
		{ ELSEWHERE("inet", "ingress", "accept") ELSEWHERE_DROPS("inet") TAIL, true },
		{ ELSEWHERE("inet", "input", "accept") ELSEWHERE_DROPS("inet") TAIL, false },
		/* The policy drops as well as a rule. */
		{ ELSEWHERE("netdev", "ingress", "drop") TAIL, true },
		{ ELSEWHERE("inet", "ingress", "drop") TAIL, true },
		{ ELSEWHERE("netdev", "egress", "accept") TAIL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		end();
		begin();
		read_json(cases[i].json, NULL);
		ck_assert_msg(foreign.other_families == cases[i].told, "%s", cases[i].json);
	}
}
END_TEST

#define TABLE(flags) ",{\"table\":{\"family\":\"inet\",\"name\":\"t\",\"handle\":2" flags "}}"

START_TEST(a_table_that_is_dormant_drops_nothing)
{
#define DROPS RULE("out", "5", "{\"drop\":null}")
	/* nft 1.0.6 has a word of chance there, and the listing tells. */
	read_json(
		HEAD TABLE(",\"flags\":\"t\"") DROPS TAIL,
		"table inet other { # handle 1\n\tflags owner\n\n\tchain out { # handle 1\n\t}\n}\n"
		"table inet t { # handle 2\n\tcomment \"x\"\n\tflags dormant\n\n"
		"\tchain out { # handle 1\n\t\tdrop # handle 5\n\t}\n}\n");
	ck_assert_int_eq(sends(17, 500), FIREWALL_PASSES);
	end();
	begin();
	read_json(HEAD TABLE(",\"flags\":\"dormant\"") DROPS TAIL, NULL);
	ck_assert_int_eq(sends(17, 500), FIREWALL_PASSES);
	end();
	begin();
	read_json(HEAD TABLE(",\"flags\":[\"dormant\",\"owner\"]") DROPS TAIL, NULL);
	ck_assert_int_eq(sends(17, 500), FIREWALL_PASSES);
	end();
	begin();

	/* Another table's flag, and a chain of that name. */
	read_json(HEAD TABLE(",\"flags\":\"owner\"") DROPS TAIL,
		  "table inet t { # handle 2\n\tflags owner\n\n\tchain out { # handle 1\n"
		  "\t\tflags dormant\n\t\tdrop # handle 5\n\t}\n}\n"
		  "table inet t2 { # handle 3\n\tflags dormant\n}\n");
	ck_assert_int_eq(sends(17, 500), FIREWALL_DROPS);
#undef DROPS
}
END_TEST

START_TEST(what_is_no_ruleset_is_refused)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"nftables\":3}", "{\"nftables\":[" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(nft_rules_parse(bad[i], strlen(bad[i]), NULL, &rules, &foreign),
				 -EBADMSG);
}
END_TEST

START_TEST(entries_of_the_wrong_kind_do_no_harm)
{
	read_json(
		"{\"nftables\":[3,null,{\"rule\":3},{\"chain\":[]},{\"rule\":{\"family\":\"inet\","
		"\"table\":\"t\",\"chain\":\"out\"}}]}",
		NULL);
	EXPECT(FIREWALL_PASSES, "3,null,[],{},{\"match\":4},{\"vmap\":{}},{\"jump\":{}}");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ports_protocols_addresses_and_devices_are_read,
		what_is_not_modelled_is_a_maybe,
		a_limit_for_each_element_of_a_set_makes_a_maybe,
		named_sets_and_verdict_maps_are_looked_up,
		translations_are_read_with_what_exempts_from_them,
		a_rule_is_told_as_nft_prints_it,
		tables_of_iptables_are_left_to_iptables_save,
		chains_that_are_asked_elsewhere_are_told,
		a_table_that_is_dormant_drops_nothing,
		what_is_no_ruleset_is_refused,
		entries_of_the_wrong_kind_do_no_harm,
	};

	return unit_run_fixture("nft-rules", begin, end, tests, sizeof(tests) / sizeof(tests[0]));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include <arpa/inet.h>

#include "text.h"
#include "unit.h"

static struct firewall rules;
static struct firewall_answer answer;

static void begin(void)
{
	rules = FIREWALL_NULL;
	answer = (struct firewall_answer){ 0 };
}

static void end(void)
{
	firewall_done(&rules);
}

static void iptables(const char *text)
{
	ck_assert_int_eq(firewall_read_iptables(text, AF_INET, NULL, &rules), 0);
}

static struct facts_ip ip(const char *text)
{
	struct facts_ip a = { 0 };

	ck_assert_int_eq(facts_ip_parse(text, &a), 0);
	return a;
}

/* IKE that this host sends to its peer. */
static struct firewall_packet ike(void)
{
	return (struct firewall_packet){ .source = ip("192.0.2.1"),
					 .destination = ip("192.0.2.2"),
					 .protocol = 17,
					 .source_port = 500,
					 .destination_port = 500,
					 .out_device = "bond0",
					 .in_device = "",
					 .state = FIREWALL_STATE_NEW };
}

static enum firewall_fate sends_ike(void)
{
	const struct firewall_packet p = ike();

	return firewall_judge(&rules, FIREWALL_OUTPUT, &p, &answer);
}

static enum firewall_fate receives_ike(void)
{
	struct firewall_packet p = ike();

	p.source = ip("192.0.2.2");
	p.destination = ip("192.0.2.1");
	p.in_device = "bond0";
	p.out_device = "";
	p.state = FIREWALL_STATE_ESTABLISHED;
	return firewall_judge(&rules, FIREWALL_INPUT, &p, &answer);
}

/* A packet from one network behind the tunnel to the other. */
static enum firewall_translation leaves(const char *from, const char *to)
{
	const struct firewall_packet p = { .source = ip(from),
					   .destination = ip(to),
					   .out_device = "bond0",
					   .state = FIREWALL_STATE_NEW,
					   .encrypts = true };
	const struct facts_ip own = ip("192.0.2.1");

	return firewall_translation(&rules, &p, &own, &answer);
}

#define FILTER(lines)                                                                              \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" lines        \
	"COMMIT\n"
#define NAT(lines) "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" lines "COMMIT\n"

START_TEST(without_rules_all_passes)
{
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
	ck_assert_ptr_null(answer.chain);
}
END_TEST

START_TEST(a_rule_that_drops_is_found_and_told)
{
	iptables(FILTER("-A OUTPUT -p tcp -m tcp --dport 500 -j DROP\n"
			"-A OUTPUT -p udp -m udp --dport 500 -j DROP\n"));

	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
	ck_assert_str_eq(answer.rule->text,
			 "iptables -t filter -A OUTPUT -p udp -m udp --dport 500 -j DROP");
	ck_assert_int_eq(receives_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(an_accepting_rule_before_it_saves_the_packet)
{
	iptables(FILTER("-A OUTPUT -d 192.0.2.0/24 -o bond+ -j ACCEPT\n"
			"-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable\n"));

	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(a_rule_that_rejects_is_told_apart)
{
	iptables(FILTER("-A OUTPUT -p udp -m multiport --dports 53,500:600,4500 -j REJECT\n"));

	ck_assert_int_eq(sends_ike(), FIREWALL_REJECTS);
}
END_TEST

START_TEST(a_policy_that_drops_has_no_rule)
{
	iptables("*filter\n:INPUT DROP [0:0]\n"
		 "-A INPUT -i lo -j ACCEPT\nCOMMIT\n");

	ck_assert_int_eq(receives_ike(), FIREWALL_DROPS);
	ck_assert_ptr_null(answer.rule);
	ck_assert_str_eq(answer.chain->name, "INPUT");
}
END_TEST

START_TEST(answers_to_what_this_host_asked_pass_a_stateful_firewall)
{
	iptables("*filter\n:INPUT DROP [0:0]\n"
		 "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n");

	ck_assert_int_eq(receives_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(what_a_rule_looks_at_beyond_our_knowledge_makes_it_a_maybe)
{
	iptables(FILTER("-A OUTPUT -p udp -m limit --limit 1/sec -j DROP\n"));
	ck_assert_int_eq(sends_ike(), FIREWALL_MAY_DROP);
	firewall_done(&rules);

	iptables("*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -m owner --uid-owner 0 -j "
		 "ACCEPT\nCOMMIT\n");
	ck_assert_int_eq(sends_ike(), FIREWALL_MAY_DROP);
	firewall_done(&rules);

	iptables(FILTER("-A OUTPUT -p tcp -m owner --uid-owner 0 -j DROP\n"));
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(jumps_lead_there_and_back)
{
	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:ours - [0:0]\n:deep - [0:0]\n"
		 "-A OUTPUT -j ours\n"
		 "-A OUTPUT -p udp -j DROP\n"
		 "-A ours -d 192.0.2.2/32 -j deep\n"
		 "-A ours -j RETURN\n"
		 "-A deep -p udp -m udp --dport 500 -j ACCEPT\nCOMMIT\n");
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
	firewall_done(&rules);

	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:ours - [0:0]\n"
		 "-A OUTPUT -j ours\n-A OUTPUT -j DROP\n-A ours -d 192.0.2.9/32 -j "
		 "ACCEPT\nCOMMIT\n");
	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
	firewall_done(&rules);

	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:ours - [0:0]\n"
		 "-A OUTPUT -g ours\n-A OUTPUT -j DROP\n-A ours -d 192.0.2.9/32 -j DROP\nCOMMIT\n");
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(chains_that_jump_in_circles_come_to_an_end)
{
	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:a - [0:0]\n:b - [0:0]\n"
		 "-A OUTPUT -j a\n-A a -j b\n-A a -j b\n-A b -j a\n-A b -j a\nCOMMIT\n");

	(void)sends_ike();
}
END_TEST

/* Each of them jumps to the next four times: four times as many ways with each. */
START_TEST(a_chain_is_gone_through_once_however_many_ways_lead_to_it)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_add(&t, "*filter\n:OUTPUT DROP [0:0]\n");
	for (int i = 0; i <= 12; i++)
		text_printf(&t, ":c%i - [0:0]\n", i);
	for (int i = 0; i < 4 * 12; i++)
		text_printf(&t, "-A c%i -j c%i\n", i / 4, i / 4 + 1);
	text_add(&t, "-A OUTPUT -j c0\n-A OUTPUT -p udp -j ACCEPT\nCOMMIT\n");
	iptables(t.data);

	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(a_chain_that_was_entered_perhaps_still_decides_for_who_gets_there)
{
	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:ours - [0:0]\n"
		 "-A OUTPUT -m time --timestart 08:00 -j ours\n-A OUTPUT -p udp -j ours\n"
		 "-A ours -p udp -j DROP\nCOMMIT\n");

	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
}
END_TEST

START_TEST(the_index_of_chains_outlives_that_a_table_goes)
{
	iptables("*raw\n:OUTPUT ACCEPT [0:0]\n:one - [0:0]\nCOMMIT\n" FILTER(
		":two - [0:0]\n-A OUTPUT -j two\n-A two -j DROP\n"));
	firewall_remove_table(&rules, AF_INET, "raw");

	ck_assert_ptr_null(firewall_find(&rules, AF_INET, "raw", "one"));
	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
	firewall_remove_table(&rules, AF_INET, "filter");
	ck_assert_ptr_null(firewall_find(&rules, AF_INET, "filter", "two"));
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(a_drop_that_is_only_entered_perhaps_is_no_certain_one)
{
	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:ours - [0:0]\n"
		 "-A OUTPUT -m time --timestart 08:00 -j ours\n-A ours -j DROP\nCOMMIT\n");

	ck_assert_int_eq(sends_ike(), FIREWALL_MAY_DROP);
}
END_TEST

START_TEST(negation_turns_a_match_around)
{
	iptables(FILTER("-A OUTPUT ! -d 192.0.2.0/24 -p udp -j DROP\n"));
	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
	firewall_done(&rules);

	iptables(FILTER("-A OUTPUT ! -d 198.51.100.0/24 -p udp -j DROP\n"));
	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
}
END_TEST

START_TEST(a_masquerade_catches_what_is_for_the_tunnel)
{
	iptables(NAT("-A POSTROUTING -o bond0 -j MASQUERADE\n"));

	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_TRANSLATES);
	ck_assert_str_eq(answer.rule->text,
			 "iptables -t nat -A POSTROUTING -o bond0 -j MASQUERADE");
}
END_TEST

START_TEST(the_rule_of_the_chapter_exempts_it)
{
	iptables(NAT("-A POSTROUTING -s 10.0.2.0/24 -d 192.168.0.0/16 -j RETURN\n"
		     "-A POSTROUTING -o bond0 -j MASQUERADE\n"));

	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
	ck_assert_int_eq(leaves("10.0.3.33", "192.168.0.1"), FIREWALL_TRANSLATES);
}
END_TEST

START_TEST(so_does_one_that_asks_for_the_policy)
{
	iptables(NAT("-A POSTROUTING -m policy --dir out --pol ipsec -j ACCEPT\n"
		     "-A POSTROUTING -o bond0 -j MASQUERADE\n"));
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
	firewall_done(&rules);

	iptables(NAT("-A POSTROUTING -o bond0 -m policy --dir out --pol none -j MASQUERADE\n"));
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
}
END_TEST

START_TEST(an_address_that_stays_the_same_is_no_translation)
{
	iptables(NAT("-A POSTROUTING -o bond0 -j MASQUERADE\n"));
	ck_assert_int_eq(leaves("192.0.2.1", "192.0.2.2"), FIREWALL_KEEPS);
	firewall_done(&rules);

	iptables(NAT("-A POSTROUTING -j SNAT --to-source 10.0.2.33\n"));
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
	ck_assert_int_eq(leaves("10.0.2.34", "192.168.0.1"), FIREWALL_TRANSLATES);
}
END_TEST

START_TEST(a_nat_chain_drops_nothing_and_a_filter_translates_nothing)
{
	iptables(FILTER("-A OUTPUT -j ACCEPT\n") NAT("-A POSTROUTING -o eth9 -j MASQUERADE\n"));

	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_KEEPS);
}
END_TEST

START_TEST(only_the_tables_that_are_asked_for_are_read)
{
	static const char *const only[] = { "nat", NULL };

	ck_assert_int_eq(firewall_read_iptables(FILTER("-A OUTPUT -j DROP\n")
							NAT("-A POSTROUTING -j MASQUERADE\n"),
						AF_INET, only, &rules),
			 0);

	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
	ck_assert_int_eq(leaves("10.0.2.33", "192.168.0.1"), FIREWALL_TRANSLATES);
}
END_TEST

START_TEST(the_older_iptables_has_tables_of_its_own_beside_those_of_the_same_name)
{
	iptables(FILTER("-A OUTPUT -p udp -j ACCEPT\n"));
	ck_assert_int_eq(firewall_read_legacy_iptables(FILTER(":sub - [0:0]\n"
							      "-A OUTPUT -p udp -j sub\n"
							      "-A sub -j DROP\n"),
						       AF_INET, &rules),
			 0);

	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
	ck_assert_str_eq(answer.rule->text, "iptables-legacy -t filter -A sub -j DROP");
	end();
	begin();

	/* The policy of its chains as well. */
	iptables("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n");
	ck_assert_int_eq(firewall_read_legacy_iptables("*filter\n:INPUT DROP [0:0]\nCOMMIT\n",
						       AF_INET, &rules),
			 0);
	ck_assert_int_eq(receives_ike(), FIREWALL_DROPS);
	ck_assert_str_eq(answer.chain->table, "filter of iptables-legacy");
}
END_TEST

/* "# Table `filter' is incompatible, use 'nft' tool." is all that iptables-save says of it. */
START_TEST(a_table_that_was_passed_over_is_not_there)
{
	iptables("# Table `filter' is incompatible, use 'nft' tool.\n" NAT(""));

	ck_assert(!firewall_has_table(&rules, AF_INET, "filter"));
	ck_assert(firewall_has_table(&rules, AF_INET, "nat"));
	ck_assert(!firewall_has_table(&rules, AF_INET6, "nat"));
}
END_TEST

START_TEST(rules_of_the_other_family_are_not_asked)
{
	ck_assert_int_eq(
		firewall_read_iptables(FILTER("-A OUTPUT -j DROP\n"), AF_INET6, NULL, &rules), 0);

	ck_assert_int_eq(sends_ike(), FIREWALL_PASSES);
}
END_TEST

START_TEST(quotes_and_odd_lines_do_no_harm)
{
	iptables("# Generated\n-A OUTPUT -j DROP\n*filter\n:OUTPUT ACCEPT [0:0]\n:\n-A\n-A OUTPUT\n"
		 "-A nowhere -j DROP\n"
		 "-A OUTPUT -m comment --comment \"-j DROP \\\" it\" -j LOG --log-prefix \"a b \"\n"
		 "-A OUTPUT -p udp --dport 99999 -j DROP\nCOMMIT\n");

	ck_assert_int_eq(sends_ike(), FIREWALL_MAY_DROP);
}
END_TEST

/* iptables-save prints no such line. */
START_TEST(of_two_targets_the_last_one_counts_and_the_first_is_let_go_of)
{
	iptables("*filter\n:OUTPUT ACCEPT [0:0]\n:one - [0:0]\n:two - [0:0]\n"
		 "-A OUTPUT -j one -j two\n-A one -j ACCEPT\n-A two -j DROP\nCOMMIT\n");

	ck_assert_int_eq(sends_ike(), FIREWALL_DROPS);
}
END_TEST

START_TEST(networks_are_read_with_their_ends)
{
	struct facts_ip first, last;

	ck_assert_int_eq(firewall_net_parse("10.1.2.3/14", &first, &last), 0);
	ck_assert(facts_ip_equal(&first, &(struct facts_ip){ AF_INET, { 10, 0, 0, 0 } }));
	ck_assert(facts_ip_equal(&last, &(struct facts_ip){ AF_INET, { 10, 3, 255, 255 } }));
	ck_assert_int_eq(firewall_net_parse("0.0.0.0/0", &first, &last), 0);
	ck_assert(facts_ip_equal(&last, &(struct facts_ip){ AF_INET, { 255, 255, 255, 255 } }));
	ck_assert_int_eq(firewall_net_parse("10.0.0.0/33", &first, &last), -EINVAL);
	ck_assert_int_eq(firewall_net_parse("10.0.0.0/", &first, &last), -EINVAL);
	ck_assert_int_eq(firewall_net_parse("10.0.0.0/255.0.0.0", &first, &last), -EINVAL);
	ck_assert_int_eq(firewall_net_parse("%any", &first, &last), -EINVAL);
}
END_TEST

START_TEST(words_of_protocols_and_states_are_read_whole)
{
	uint32_t n = 0;

	ck_assert(firewall_protocol("ESP", &n));
	ck_assert_uint_eq(n, 50);
	ck_assert(firewall_protocol("ipv6-crypt", &n));
	ck_assert_uint_eq(n, 50);
	ck_assert(firewall_protocol("17", &n));
	ck_assert_uint_eq(n, 17);
	ck_assert(!firewall_protocol("256", &n));
	ck_assert(!firewall_protocol("", &n));
	ck_assert(!firewall_protocol("es", &n));
	ck_assert_uint_eq(n, 17);

	ck_assert_uint_eq(firewall_state("NEW,INVALID", 3), FIREWALL_STATE_NEW);
	ck_assert_uint_eq(firewall_state("established", 11), FIREWALL_STATE_ESTABLISHED);
	ck_assert_uint_eq(firewall_state("NE", 2), FIREWALL_STATE_OTHER);
	ck_assert_uint_eq(firewall_state("", 0), FIREWALL_STATE_OTHER);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		without_rules_all_passes,
		a_rule_that_drops_is_found_and_told,
		an_accepting_rule_before_it_saves_the_packet,
		a_rule_that_rejects_is_told_apart,
		a_policy_that_drops_has_no_rule,
		answers_to_what_this_host_asked_pass_a_stateful_firewall,
		what_a_rule_looks_at_beyond_our_knowledge_makes_it_a_maybe,
		jumps_lead_there_and_back,
		chains_that_jump_in_circles_come_to_an_end,
		a_chain_is_gone_through_once_however_many_ways_lead_to_it,
		a_chain_that_was_entered_perhaps_still_decides_for_who_gets_there,
		the_index_of_chains_outlives_that_a_table_goes,
		a_drop_that_is_only_entered_perhaps_is_no_certain_one,
		negation_turns_a_match_around,
		a_masquerade_catches_what_is_for_the_tunnel,
		the_rule_of_the_chapter_exempts_it,
		so_does_one_that_asks_for_the_policy,
		an_address_that_stays_the_same_is_no_translation,
		a_nat_chain_drops_nothing_and_a_filter_translates_nothing,
		only_the_tables_that_are_asked_for_are_read,
		the_older_iptables_has_tables_of_its_own_beside_those_of_the_same_name,
		a_table_that_was_passed_over_is_not_there,
		rules_of_the_other_family_are_not_asked,
		quotes_and_odd_lines_do_no_harm,
		of_two_targets_the_last_one_counts_and_the_first_is_let_go_of,
		networks_are_read_with_their_ends,
		words_of_protocols_and_states_are_read_whole,
	};

	return unit_run_fixture("firewall", begin, end, tests, sizeof(tests) / sizeof(tests[0]));
}

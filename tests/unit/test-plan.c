/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-builder.h"
#include "plan.h"

static struct plan plan;

static void make_plan(void)
{
	plan_done(&plan);
	ck_assert_int_eq(plan_make(facts(), &host.policy, &plan), 0);
}

/* The steps as "profile; conn example esn=no; restart ipsec.service". */
static void ck_steps(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *steps = NULL;

	make_plan();
	for (size_t i = 0; i < plan.n; i++) {
		const struct step *s = &plan.items[i];

		text_printf(&t, "%s%s", i > 0 ? "; " : "", step_kind_name(s->kind));
		if (s->kind != STEP_PROFILE)
			text_printf(&t, " %s", s->subject);
		if (s->key)
			text_printf(&t, " %s=%s", s->key, s->value);
	}
	ck_assert_int_eq(text_take(&t, &steps), 0);
	ck_assert_str_eq(steps, expected);
}

static const struct step *step_of(enum step_kind kind)
{
	for (size_t i = 0; i < plan.n; i++)
		if (plan.items[i].kind == kind)
			return &plan.items[i];
	ck_abort_msg("no step %s", step_kind_name(kind));
	return NULL;
}

static void ck_has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "\"%s\" is not in \"%s\"", part, text);
}

static void ck_has_not(const char *text, const char *part)
{
	ck_assert_msg(!strstr(text, part), "\"%s\" is in \"%s\"", part, text);
}

static void bit_off(void)
{
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_OFF;
}

static void not_offloaded(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].offload_link = FACTS_NO_LINK;
}

/* As the administrator leaves it: everything runs, and nothing of offload is set. */
static void begin_fresh_host(void)
{
	begin_host();
	profile()->esp_hw_offload = -1;
	set_key("nic-offload", NULL);
	not_offloaded();
}

START_TEST(where_all_is_as_it_should_be_there_is_nothing_to_do)
{
	static const unsigned int versions[][2] = { { 4, 10 }, { 5, 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		begin_host();
		set_version(versions[i][0], versions[i][1]);
		ck_steps("");
		end_host();
	}
}
END_TEST

START_TEST(a_fresh_host_needs_profile_conn_and_pluto_in_that_order)
{
	begin_fresh_host();
	ck_steps("profile; conn example nic-offload=yes; replace example");
	end_host();
}
END_TEST

START_TEST(the_bond_is_activated_again_only_when_the_kernels_bit_is_off)
{
	begin_fresh_host();
	bit_off();
	ck_steps("profile; reactivate bond0; conn example nic-offload=yes; replace example");
	ck_has(step_of(STEP_REACTIVATE)->interrupts, "ix0, ix1");
	ck_has_not(step_of(STEP_PROFILE)->change, "reapply");
	end_host();
}
END_TEST

START_TEST(live_switches_the_bit_without_interrupting_the_bond)
{
	begin_fresh_host();
	bit_off();
	host.policy.activation = POLICY_ACTIVATION_LIVE;
	ck_steps("profile; live bond0; conn example nic-offload=yes; replace example");
	ck_assert_str_eq(step_of(STEP_LIVE)->interrupts, "nothing");
	end_host();

	begin_host();
	host.policy.activation = POLICY_ACTIVATION_LIVE;
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(reactivate_follows_the_document_yet_not_a_second_time)
{
	begin_fresh_host();
	host.policy.activation = POLICY_ACTIVATION_REACTIVATE;
	ck_steps("profile; reactivate bond0; conn example nic-offload=yes; replace example");
	end_host();

	begin_host();
	host.policy.activation = POLICY_ACTIVATION_REACTIVATE;
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(only_the_profile_is_written_when_only_that_is_missing)
{
	begin_host();
	profile()->esp_hw_offload = 0;
	ck_steps("profile");
	ck_has(step_of(STEP_PROFILE)->change, "off -> on");
	ck_has(step_of(STEP_PROFILE)->change, "nmcli device reapply bond0");
	ck_assert_str_eq(step_of(STEP_PROFILE)->interrupts, "nothing");
	ck_has(step_of(STEP_PROFILE)->undo, "off");
	end_host();
}
END_TEST

START_TEST(who_only_looks_plans_nothing)
{
	begin_fresh_host();
	bit_off();
	host.policy.manage = POLICY_MONITOR;
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(the_conns_change_is_shown_as_a_diff)
{
	begin_fresh_host();
	make_plan();
	ck_has(step_of(STEP_CONN)->change, "+\tnic-offload=yes\n");
	ck_has(step_of(STEP_CONN)->change, "--- ");
	ck_has(step_of(STEP_CONN)->undo, "taken out again, which means auto to Libreswan 4: "
					 "\"esp-offloadctl conn set example "
					 "nic-offload=no\" writes no in its place");
	end_host();

	begin_fresh_host();
	set_key("nic-offload", "no");
	make_plan();
	ck_has(step_of(STEP_CONN)->change, "-\tnic-offload=no\n+\tnic-offload=yes\n");
	ck_has(step_of(STEP_CONN)->undo, "nic-offload=no is put back");
	end_host();
}
END_TEST

START_TEST(what_the_policy_ensures_is_edited_before_the_offload)
{
	begin_fresh_host();
	ensure_esn("no");
	ensure_esp("aes_gcm128-null");
	set_keys("esn=\nesp=aes_gcm256");
	ck_steps("profile; conn example esp=aes_gcm128-null; conn example esn=no; "
		 "conn example nic-offload=yes; replace example");
	end_host();
}
END_TEST

START_TEST(what_means_the_same_is_not_rewritten)
{
	begin_host();
	ensure_esn("no");
	ensure_esp("aes_gcm128");
	set_keys("esp=AES_GCM_C_128-null\nesn=NO\nnic-offload=Yes");
	ck_steps("");
	end_host();

	begin_host();
	set_version(5, 2);
	set_key("nic-offload", "crypto");
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(a_value_from_default_or_also_needs_no_line_of_its_own)
{
	begin_host();
	set_key("nic-offload", NULL);
	add_conf("conn %default\n\tnic-offload=yes\n");
	ck_steps("");
	end_host();

	begin_host();
	set_keys("nic-offload=\nalso=more");
	add_conf("conn more\n\tnic-offload=yes\n");
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(four_takes_a_changed_conn_up_alone)
{
	begin_fresh_host();
	add_good_conn("neighbour", OWN, "192.0.2.3");
	add_tunnel("neighbour", 2);
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "the tunnel of example alone");
	ck_has(step_of(STEP_REPLACE)->interrupts, "30 s");
	end_host();
}
END_TEST

START_TEST(who_shares_the_ike_sa_goes_down_too)
{
	begin_fresh_host();
	add_good_conn("second", OWN, PEER);
	add_good_conn("third", OWN, PEER);
	add_tunnel("second", 1);
	add_tunnel("third", 7);
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "with it second, because they share its IKE SA");
	ck_has_not(step_of(STEP_REPLACE)->interrupts, "third");
	end_host();
}
END_TEST

START_TEST(with_another_conns_ike_sa_nobody_goes_down)
{
	begin_fresh_host();
	add_good_conn("second", OWN, PEER);
	add_good_conn("third", OWN, PEER);
	set_ike_conn(&host.facts->tunnels[0], "second");
	set_ike_conn(add_tunnel("second", 1), "second");
	set_ike_conn(add_tunnel("third", 1), "second");
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "the tunnel of example alone");
	end_host();

	/* With its own they do, whichever it hangs on itself, and though it is not up. */
	begin_fresh_host();
	add_good_conn("second", OWN, PEER);
	add_good_conn("third", OWN, PEER);
	set_ike_conn(&host.facts->tunnels[0], "third");
	set_ike_conn(add_tunnel("second", 5), "example/1x2");
	set_ike_conn(add_tunnel("third", 1), "third");
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "with it second, because");
	end_host();

	begin_fresh_host();
	remove_tunnels();
	add_good_conn("second", OWN, PEER);
	set_ike_conn(add_tunnel("second", 5), "example");
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "second, which hang on its IKE SA");
	end_host();
}
END_TEST

START_TEST(one_that_shares_it_twice_is_named_once)
{
	begin_fresh_host();
	add_good_conn("second", OWN, PEER);
	add_tunnel("second", 5);
	add_tunnel("second", 1);
	add_tunnel("second", 1);
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "with it second, because they share its IKE SA");
	end_host();
}
END_TEST

START_TEST(when_pluto_does_not_say_the_same_ends_are_taken_for_a_shared_ike_sa)
{
	begin_fresh_host();
	host.facts->tunnels[0].ike = 0;
	add_good_conn("turned", PEER, OWN);
	add_good_conn("apart", OWN, "192.0.2.3");
	add_tunnel("turned/1x2", 0);
	add_tunnel("apart", 0);
	make_plan();
	ck_has(step_of(STEP_REPLACE)->interrupts, "turned/1x2");
	ck_has(step_of(STEP_REPLACE)->interrupts, "may do so");
	ck_has_not(step_of(STEP_REPLACE)->interrupts, "apart");
	end_host();
}
END_TEST

START_TEST(a_conn_that_is_not_up_is_replaced_without_interrupting_anything)
{
	begin_fresh_host();
	remove_tunnels();
	ck_steps("profile; conn example nic-offload=yes; replace example");
	ck_assert_str_eq(step_of(STEP_REPLACE)->interrupts, "nothing");
	end_host();
}
END_TEST

START_TEST(five_is_restarted_unless_it_was_seen_to_offload_on_this_bond)
{
	begin_fresh_host();
	set_version(5, 2);
	ck_steps("profile; conn example nic-offload=yes; restart ipsec.service");
	ck_has(step_of(STEP_RESTART)->change, "cannot be seen");
	end_host();

	begin_fresh_host();
	set_version(5, 2);
	add_good_conn("neighbour", OWN, "192.0.2.3");
	add_tunnel("neighbour", 2);
	add_sa(FACTS_OUT, OWN, "192.0.2.3");
	ck_steps("profile; conn example nic-offload=yes; replace example");
	end_host();
}
END_TEST

START_TEST(five_is_restarted_when_the_bit_is_switched_on_even_for_a_conn_that_is_right)
{
	begin_host();
	set_version(5, 2);
	bit_off();
	remove_tunnels();
	host.facts->n_sas = 0;
	host.policy.activation = POLICY_ACTIVATION_LIVE;
	ck_steps("live bond0; restart ipsec.service");
	ck_has(step_of(STEP_RESTART)->change, "it was off then");
	end_host();
}
END_TEST

START_TEST(four_with_a_conn_that_is_right_needs_nothing_when_the_bit_is_switched_live)
{
	begin_host();
	bit_off();
	host.policy.activation = POLICY_ACTIVATION_LIVE;
	ck_steps("live bond0");
	end_host();
}
END_TEST

START_TEST(offloaded_sas_are_flushed_with_the_bond_so_their_conn_is_taken_up_again)
{
	begin_host();
	bit_off();
	ck_steps("reactivate bond0; replace example");
	end_host();
}
END_TEST

START_TEST(a_tunnel_in_software_although_the_files_ask_for_offload_is_taken_up_again)
{
	begin_host();
	not_offloaded();
	ck_steps("replace example");
	ck_has(step_of(STEP_REPLACE)->change, "not offloaded");
	end_host();

	/* … but not on a guess. */
	begin_host();
	not_offloaded();
	host.facts->sas_known = false;
	ck_steps("");
	end_host();

	/* An SA of the kernel that is only being asked for says nothing. */
	begin_host();
	add_sa(FACTS_OUT, OWN, PEER)->offload_link = FACTS_NO_LINK;
	host.facts->sas[0].spi = 0;
	ck_steps("replace example");
	host.facts->sas[2].spi = 0;
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(the_policy_decides_how_pluto_takes_it_up)
{
	begin_fresh_host();
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	ck_steps("profile; conn example nic-offload=yes; restart ipsec.service");
	ck_has(step_of(STEP_RESTART)->change, "the policy asks");
	end_host();

	begin_fresh_host();
	set_version(5, 2);
	host.policy.ipsec = POLICY_IPSEC_REPLACE;
	ck_steps("profile; conn example nic-offload=yes; replace example");
	end_host();

	begin_fresh_host();
	host.policy.ipsec = POLICY_IPSEC_NEVER;
	ck_steps("profile; conn example nic-offload=yes");
	end_host();

	begin_host();
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	ck_steps("");
	end_host();
}
END_TEST

START_TEST(a_restart_names_whom_it_interrupts)
{
	begin_fresh_host();
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_good_conn("neighbour", "203.0.113.1", "203.0.113.2");
	add_tunnel("neighbour", 2);
	add_tunnel("7d1a3f4e-0000-4000-8000-000000000001", 3);
	add_sa(FACTS_OUT, "203.0.113.1", "203.0.113.9")->reqid = 1;
	make_plan();
	ck_has(step_of(STEP_RESTART)->interrupts, "3 are up");
	ck_has(step_of(STEP_RESTART)->interrupts, "neighbour, 7d1a3f4e");
	ck_has(step_of(STEP_RESTART)->interrupts, "flushes 1 SAs");
	end_host();
}
END_TEST

static void add_fresh_conns(int n)
{
	set_policy_conns("c-*");
	for (int i = 0; i < n; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "conn c-%d\n\tleft=%s\n\tright=198.51.100.%d\n\ttype=transport\n"
			 "\tesp=aes_gcm128\n\tesn=no\n",
			 i, OWN, i + 1);
		add_conf(text);
	}
}

START_TEST(many_conns_are_taken_up_by_one_restart)
{
	begin_host();
	add_fresh_conns(32);
	make_plan();
	ck_assert_uint_eq(plan.n, 64);
	ck_assert_int_eq(plan.items[63].kind, STEP_REPLACE);
	end_host();

	begin_host();
	add_fresh_conns(33);
	make_plan();
	ck_assert_uint_eq(plan.n, 34);
	ck_has(step_of(STEP_RESTART)->change, "one by one");
	end_host();
}
END_TEST

START_TEST(only_the_conns_that_change_are_touched)
{
	begin_host();
	set_policy_conns("example\nsecond");
	add_conf("conn second\n\tleft=" OWN "\n\tright=192.0.2.3\n\ttype=transport\n"
		 "\tesp=aes_gcm128\n\tesn=no\n");
	ck_steps("conn second nic-offload=yes; replace second");
	end_host();
}
END_TEST

/* What is right already, as "bit bond0; conn example esn=no". */
static void ck_right(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *seen = NULL;

	make_plan();
	for (size_t i = 0; i < plan.right.n; i++) {
		const struct plan_right *r = &plan.right.items[i];

		text_printf(&t, "%s%s %s", i > 0 ? "; " : "", step_kind_name(r->kind),
			    r->kind == STEP_PROFILE ? "" : r->subject);
		if (r->key)
			text_printf(&t, " %s=%s", r->key, r->value ? r->value : "");
	}
	ck_assert_int_eq(text_take(&t, &seen), 0);
	ck_assert_str_eq(seen, expected);
}

START_TEST(what_is_right_already_is_named_beside_the_steps)
{
	begin_host();
	ck_right("profile ; live bond0; conn example nic-offload=yes");
	host.policy.ensure.esn = strdup("no");
	ck_right("profile ; live bond0; conn example esn=no; conn example nic-offload=yes");
	bit_off();
	ck_right("profile ; conn example esn=no; conn example nic-offload=yes");
	host.policy.activation = POLICY_ACTIVATION_LIVE;
	ck_right("profile ; conn example esn=no; conn example nic-offload=yes");
	host.policy.manage = POLICY_MONITOR;
	ck_right("");
	end_host();

	begin_fresh_host();
	ck_right("live bond0");
	end_host();

	/* Which the conn inherits. */
	begin_host();
	set_policy_conns("second");
	add_conf("conn %default\n\tnic-offload=yes\nconn second\n\tleft=" OWN
		 "\n\tright=192.0.2.3\n\ttype=transport\n\tesp=aes_gcm128\n\tesn=no\n");
	ck_right("profile ; live bond0; conn second nic-offload=");
	end_host();
}
END_TEST

START_TEST(an_edit_that_is_not_safe_is_no_plan)
{
	begin_fresh_host();
	add_good_conn("example", OWN, PEER);
	ck_assert_int_eq(plan_make(facts(), &host.policy, &plan), -EPERM);
	end_host();
}
END_TEST

UNIT_MAIN("plan", where_all_is_as_it_should_be_there_is_nothing_to_do,
	  a_fresh_host_needs_profile_conn_and_pluto_in_that_order,
	  the_bond_is_activated_again_only_when_the_kernels_bit_is_off,
	  live_switches_the_bit_without_interrupting_the_bond,
	  reactivate_follows_the_document_yet_not_a_second_time,
	  only_the_profile_is_written_when_only_that_is_missing, who_only_looks_plans_nothing,
	  the_conns_change_is_shown_as_a_diff, what_the_policy_ensures_is_edited_before_the_offload,
	  what_means_the_same_is_not_rewritten,
	  a_value_from_default_or_also_needs_no_line_of_its_own, four_takes_a_changed_conn_up_alone,
	  who_shares_the_ike_sa_goes_down_too, with_another_conns_ike_sa_nobody_goes_down,
	  one_that_shares_it_twice_is_named_once,
	  when_pluto_does_not_say_the_same_ends_are_taken_for_a_shared_ike_sa,
	  a_conn_that_is_not_up_is_replaced_without_interrupting_anything,
	  five_is_restarted_unless_it_was_seen_to_offload_on_this_bond,
	  five_is_restarted_when_the_bit_is_switched_on_even_for_a_conn_that_is_right,
	  four_with_a_conn_that_is_right_needs_nothing_when_the_bit_is_switched_live,
	  offloaded_sas_are_flushed_with_the_bond_so_their_conn_is_taken_up_again,
	  a_tunnel_in_software_although_the_files_ask_for_offload_is_taken_up_again,
	  the_policy_decides_how_pluto_takes_it_up, a_restart_names_whom_it_interrupts,
	  many_conns_are_taken_up_by_one_restart, only_the_conns_that_change_are_touched,
	  what_is_right_already_is_named_beside_the_steps, an_edit_that_is_not_safe_is_no_plan)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-builder.h"
#include "repair.h"

static struct plan plan;

static void begin_with_loss(enum policy_on_loss on_loss)
{
	begin_host();
	host.policy.on_loss = on_loss;
	host.facts->n_sas = 0;
}

static void ck_repairs(size_t n)
{
	plan_done(&plan);
	ck_assert_int_eq(repair_plan(facts(), &host.policy, &plan), 0);
	ck_assert_uint_eq(plan.n, n);
	ck_assert_int_eq(plan.repairs, n > 0);
}

static void ck_step(size_t i, enum step_kind kind, const char *subject)
{
	ck_assert_str_eq(step_kind_name(plan.items[i].kind), step_kind_name(kind));
	ck_assert_str_eq(plan.items[i].subject, subject);
}

static void end(void)
{
	plan_done(&plan);
	end_host();
}

START_TEST(a_tunnel_that_is_there_in_both_needs_no_repair)
{
	begin_host();
	host.policy.on_loss = POLICY_LOSS_REKEY;
	ck_repairs(0);
	end();
}
END_TEST

START_TEST(a_lost_one_is_only_reported_unless_the_policy_says_more)
{
	begin_with_loss(POLICY_LOSS_REPORT);
	ck_repairs(0);
	end();
}
END_TEST

START_TEST(a_lost_one_is_rekeyed_where_the_policy_says_so)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	ck_repairs(1);
	ck_step(0, STEP_REKEY, "example");
	end();
}
END_TEST

START_TEST(a_lost_one_is_replaced_where_the_policy_says_so)
{
	begin_with_loss(POLICY_LOSS_REPLACE);
	ck_repairs(1);
	ck_step(0, STEP_REPLACE, "example");
	end();
}
END_TEST

START_TEST(who_goes_down_with_a_replaced_one_is_named)
{
	begin_with_loss(POLICY_LOSS_REPLACE);
	add_good_conn("second", OWN, PEER);
	set_ike_conn(add_tunnel("second", 1), "example");
	ck_repairs(1);
	ck_assert_str_eq(plan.items[0].interrupts, "second, because they share its IKE SA, until "
						   "they are established again");
	set_ike_conn(&host.facts->tunnels[0], "second");
	set_ike_conn(&host.facts->tunnels[1], "second");
	ck_repairs(1);
	ck_assert_str_eq(plan.items[0].interrupts, "nothing: the tunnel carries nothing as it is");
	end();
}
END_TEST

START_TEST(one_that_pluto_itself_misses_is_lost_whatever_the_dump_says)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	host.facts->sas_known = false;
	ck_repairs(0);
	host.facts->tunnels[0].kernel_lost = true;
	ck_repairs(1);
	end();
}
END_TEST

START_TEST(an_sa_that_is_only_asked_for_is_none)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	add_sa(FACTS_OUT, OWN, PEER)->spi = 0;
	ck_repairs(1);
	end();
}
END_TEST

START_TEST(each_lost_tunnel_is_a_step_and_those_of_others_are_left_alone)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	add_good_conn("second", OWN, "192.0.2.3");
	add_good_conn("stranger", OWN, "192.0.2.4");
	add_tunnel("second", 2);
	add_tunnel("stranger", 3);
	set_policy_conns("example\nsecond");
	ck_repairs(2);
	ck_step(0, STEP_REKEY, "example");
	ck_step(1, STEP_REKEY, "second");
	end();
}
END_TEST

START_TEST(one_that_pluto_does_not_have_up_is_not_lost)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	remove_tunnels();
	ck_repairs(0);
	end();
}
END_TEST

START_TEST(who_only_looks_repairs_nothing)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	host.policy.manage = POLICY_MONITOR;
	ck_repairs(0);
	end();
}
END_TEST

START_TEST(while_the_bond_cannot_take_an_sa_nothing_is_tried)
{
	begin_with_loss(POLICY_LOSS_REKEY);
	link_named("bond0")->up = false;
	ck_repairs(0);
	link_named("bond0")->up = true;
	link_named("bond0")->bond.active_port = FACTS_NO_LINK;
	ck_repairs(0);
	end();
}
END_TEST

UNIT_MAIN("repair", a_tunnel_that_is_there_in_both_needs_no_repair,
	  a_lost_one_is_only_reported_unless_the_policy_says_more,
	  a_lost_one_is_rekeyed_where_the_policy_says_so,
	  a_lost_one_is_replaced_where_the_policy_says_so,
	  who_goes_down_with_a_replaced_one_is_named,
	  one_that_pluto_itself_misses_is_lost_whatever_the_dump_says,
	  an_sa_that_is_only_asked_for_is_none,
	  each_lost_tunnel_is_a_step_and_those_of_others_are_left_alone,
	  one_that_pluto_does_not_have_up_is_not_lost, who_only_looks_repairs_nothing,
	  while_the_bond_cannot_take_an_sa_nothing_is_tried)

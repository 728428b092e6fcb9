/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks.h"
#include "facts-builder.h"
#include "plan.h"

/*
 * The core when memory runs out: each allocation fails in turn, and each time the answer is -ENOMEM
 * with nothing leaked and nothing half done (which is for the sanitizers to see). The linker leads
 * the core's calls here.
 */

static bool counting;
static size_t countdown; /* the allocation that fails, from 1; 0: none */

static bool fails(void)
{
	return counting && countdown > 0 && --countdown == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

/*
 * Calls @act with its first, second, third … allocation failing, until none does any more.
 *
 * Return: how many there were.
 */
static size_t each_failing(int (*act)(void))
{
	for (size_t n = 1;; n++) {
		int r;

		countdown = n;
		counting = true;
		r = act();
		counting = false;
		if (countdown > 0)
			return n - 1;
		ck_assert_msg(r == -ENOMEM, "allocation %zu failed, and the answer was %d", n, r);
	}
}

static const char good[] = "version: 1\n"
			   "bonds:\n"
			   "  bond0: &b\n"
			   "    connections: [example, 'site-*']\n"
			   "    drivers: [ixgbe, mlx5_core]\n"
			   "    ensure: {esn: no, esp: aes_gcm128-null}\n"
			   "    proof: {within: 5s, probe: {address: 192.0.2.1}}\n"
			   "  bond1: {connections: [other]}\n";
static const char bad[] = "version: 1\n"
			  "bonds:\n"
			  "  bond0: {conections: [a], manage: enfroce}\n"
			  "  bond1: {connections: [a, b]}\n"
			  "  bond2: {connections: ['b*', c], bond: 1}\n";

static int parse(const char *yaml)
{
	const struct policy_text text = { "a.yaml", yaml, strlen(yaml) };
	struct diagnostics d = DIAGNOSTICS_NULL;
	struct policy *p = NULL;
	int r = policy_parse(&text, 1, &d, &p);

	if (r == -ENOMEM) {
		ck_assert_ptr_null(p);
		ck_assert_uint_eq(d.n, 0);
	}
	diagnostics_done(&d);
	policy_free(p);
	return r;
}

static int parse_good(void)
{
	return parse(good);
}

static int parse_bad(void)
{
	return parse(bad);
}

static struct policy *printed;

static int print(void)
{
	char *text = NULL;
	int r = policy_print(printed, &text);

	free(text);
	return r;
}

START_TEST(a_policy_is_read_and_printed_or_there_is_no_memory)
{
	const struct policy_text text = { "a.yaml", good, strlen(good) };
	struct diagnostics d = DIAGNOSTICS_NULL;

	ck_assert_uint_gt(each_failing(parse_good), 30);
	ck_assert_uint_gt(each_failing(parse_bad), 30);
	ck_assert_int_eq(policy_parse(&text, 1, &d, &printed), 0);
	ck_assert_uint_gt(each_failing(print), 3);
	printed = policy_free(printed);
}
END_TEST

/* A host with something to find and something to do. */
static void begin_busy_host(void)
{
	begin_host();
	set_policy_conns("example\nex*\nmissing");
	profile()->esp_hw_offload = -1;
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_OFF;
	set_driver("ix1", "i40e");
	set_keys("nic-offload=\ntype=tunnel\nreplay-window=0");
	ensure_esn("no");
	add_good_conn("exotic", "203.0.113.1", PEER);
	add_tunnel("exotic/1x1", 1);
	(void)facts();
}

static int check(void)
{
	struct findings f = FINDINGS_NULL;
	int r = checks_run(host.facts, &host.policy, &f);

	if (r == -ENOMEM)
		ck_assert_uint_eq(f.n, 0);
	findings_done(&f);
	return r;
}

static int make_plan(void)
{
	struct plan p = PLAN_NULL;
	int r = plan_make(host.facts, &host.policy, &p);

	if (r == -ENOMEM)
		ck_assert_uint_eq(p.n, 0);
	plan_done(&p);
	return r;
}

START_TEST(a_host_is_judged_or_there_is_no_memory)
{
	begin_busy_host();
	ck_assert_uint_gt(each_failing(check), 100);
	end_host();
}
END_TEST

START_TEST(a_plan_is_made_or_there_is_no_memory)
{
	begin_busy_host();
	ck_assert_uint_gt(each_failing(make_plan), 100);
	end_host();
}
END_TEST

UNIT_MAIN("no memory", a_policy_is_read_and_printed_or_there_is_no_memory,
	  a_host_is_judged_or_there_is_no_memory, a_plan_is_made_or_there_is_no_memory)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks.h"
#include "conf-texts.h"
#include "diff.h"
#include "facts-builder.h"
#include "no-memory.h"
#include "plan.h"
#include "pluto-messages.h"
#include "pluto-status.h"
#include "profiles.h"
#include "tunnels.h"

/*
 * The core when memory runs out: each allocation fails in turn, and each time the answer is -ENOMEM
 * with nothing leaked and nothing half done, or all that there is with memory enough.
 */

/* What an act gave when nothing failed, to be compared with each later answer. */
static struct text whole;

/*
 * Called by an act that succeeded, with what it gave as a text. There is memory again from here on:
 * looking is not what is tried.
 */
static void same_as_ever(struct text *seen)
{
	ck_assert(!seen->failed);
	if (whole.len == 0)
		text_add_bytes(&whole, seen->data, seen->len);
	ck_assert_str_eq(seen->data, whole.data);
	text_done(seen);
}

/* As each_failing(), after @act was called once with memory enough. */
static size_t each_failing_of(int (*act)(void))
{
	size_t n;

	ck_assert_int_eq(act(), 0);
	n = each_failing(act);
	text_done(&whole);
	return n;
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
	struct text seen = TEXT_NULL;
	int r = policy_parse(&text, 1, &d, &p);

	no_memory_pause();
	if (r == -ENOMEM) {
		ck_assert_ptr_null(p);
		ck_assert_uint_eq(d.n, 0);
	} else {
		text_printf(&seen, "%i\n", r);
		for (size_t i = 0; i < d.n; i++)
			diagnostic_print(&d.items[i], &seen);
		for (size_t i = 0; p && i < p->n_bonds; i++)
			text_printf(&seen, "%s %zu\n", p->bonds[i].name, p->bonds[i].n_conns);
		same_as_ever(&seen);
		r = 0;
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
	struct text seen = TEXT_NULL;
	int r = policy_print(printed, &text);

	no_memory_pause();
	if (r == 0) {
		text_add(&seen, text);
		same_as_ever(&seen);
	}
	free(text);
	return r;
}

START_TEST(a_policy_is_read_and_printed_or_there_is_no_memory)
{
	const struct policy_text text = { "a.yaml", good, strlen(good) };
	struct diagnostics d = DIAGNOSTICS_NULL;

	ck_assert_uint_gt(each_failing_of(parse_good), 30);
	ck_assert_uint_gt(each_failing_of(parse_bad), 30);
	ck_assert_int_eq(policy_parse(&text, 1, &d, &printed), 0);
	ck_assert_uint_gt(each_failing_of(print), 3);
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
	struct text seen = TEXT_NULL;
	int r = checks_run(host.facts, &host.policy, &f);

	no_memory_pause();
	if (r < 0)
		ck_assert_uint_eq(f.n, 0);
	for (size_t i = 0; i < f.n; i++)
		text_printf(&seen, "%s %s: %s; %s; %s\n", f.items[i].id, f.items[i].subject,
			    f.items[i].seen, f.items[i].why, f.items[i].remedy);
	if (r == 0)
		same_as_ever(&seen);
	findings_done(&f);
	return r;
}

static int make_plan(void)
{
	struct plan p = PLAN_NULL;
	struct text seen = TEXT_NULL;
	int r = plan_make(host.facts, &host.policy, &p);

	no_memory_pause();
	if (r < 0)
		ck_assert_uint_eq(p.n, 0);
	for (size_t i = 0; i < p.n; i++)
		text_printf(&seen, "%u %s %s: %s\n", p.items[i].kind, p.items[i].subject,
			    p.items[i].change, p.items[i].undo);
	if (r == 0)
		same_as_ever(&seen);
	plan_done(&p);
	return r;
}

START_TEST(a_host_is_judged_or_there_is_no_memory)
{
	begin_busy_host();
	ck_assert_uint_gt(each_failing_of(check), 100);
	end_host();
}
END_TEST

START_TEST(a_plan_is_made_or_there_is_no_memory)
{
	begin_busy_host();
	ck_assert_uint_gt(each_failing_of(make_plan), 100);
	end_host();
}
END_TEST

/* ---- tunnels ---- */

static int know_tunnels(void)
{
	static const struct facts_ip own = { AF_INET, { 192, 0, 2, 1 } },
				     peer = { AF_INET, { 192, 0, 2, 2 } };
	struct facts_sa sas[] = {
		{ .spi = 1,
		  .direction = FACTS_OUT,
		  .source = own,
		  .destination = peer,
		  .reqid = 5 },
		{ .spi = 2, .direction = FACTS_IN, .source = peer, .destination = own, .reqid = 5 },
	};
	static char conn[] = "example";
	static struct facts_tunnel known = { .conn = conn, .spi = 2 };
	const struct facts_flow flow = { .reqid = 5, .source = own, .destination = peer };
	const struct facts facts = {
		.sas = sas, .n_sas = ARRAY_SIZE(sas), .tunnels = &known, .n_tunnels = 1
	};
	struct tunnels t = TUNNELS_NULL;
	struct text seen = TEXT_NULL;
	int r;

	r = tunnels_know(&t, &facts, &flow, 1);
	if (r == 0)
		r = tunnels_see(&t, sas, 1, &flow, 1);
	no_memory_pause();
	ck_assert(r < 0 || (t.n == 1 && t.items[0].out == 1 && t.items[0].in == 0));
	if (r == 0) {
		text_add(&seen, t.items[0].conn);
		same_as_ever(&seen);
	}
	tunnels_done(&t);
	return r;
}

START_TEST(tunnels_are_told_apart_or_there_is_no_memory)
{
	ck_assert_uint_gt(each_failing_of(know_tunnels), 7);
}
END_TEST

/* ---- Libreswan's configuration ---- */

static const char main_text[] = "config setup\n\tuniqueids=no\ninclude /etc/ipsec.d/*.conf\n";
static const struct text_file conf_files[] = {
	{ .path = "/etc/ipsec.d/a.conf",
	  .bytes = "conn %default\n\tike=aes_gcm128-sha2_256-dh19\n"
		   "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\talso=b\n\tauto=start\n"
		   "\tleftsubnets={10.0.0.0/24,10.1.0.0/24}\n\trightsubnets=10.2.0.0/24\n"
		   "conn b\n\tesp=\"aes_gcm128\"\n\tmtu=1400\nconn d\n\tpfs=no\nconn "
		   "d\n\tpfs=yes\n" },
	{ .path = "/etc/ipsec.d/b.conf",
	  .bytes = "conn c # why\n\talso=nowhere\n\tesp=aes\n\tesp=aes_gcm\n" },
	{ .path = "/etc/ipsec.d/c.conf", .error = -EACCES },
	{ 0 },
};

/* The callbacks' own allocations are not the core's. */
static int paused_glob(void *userdata, const char *pattern, bool braces, char ***ret_paths,
		       size_t *ret_n)
{
	int r;

	no_memory_pause();
	r = texts_glob(userdata, pattern, braces, ret_paths, ret_n);
	no_memory_resume();
	return r;
}

static int paused_read(void *userdata, const char *path, char **ret_bytes, size_t *ret_len)
{
	int r;

	no_memory_pause();
	r = texts_read(userdata, path, ret_bytes, ret_len);
	no_memory_resume();
	return r;
}

static int load(struct ipsec_conf **ret)
{
	static struct texts texts = { conf_files, main_text, sizeof(main_text) - 1 };
	struct ipsec_conf_source source = { paused_glob, paused_read, &texts };

	return ipsec_conf_load("/etc/ipsec.conf", v4, &source, ret);
}

static int read_conf(void)
{
	struct ipsec_conf *conf = NULL;
	struct text seen = TEXT_NULL;
	int r = load(&conf);

	no_memory_pause();
	for (size_t i = 0; r == 0 && i < ipsec_conf_n_conns(conf); i++)
		text_printf(&seen, "%s\n", ipsec_conf_conn(conf, i)->name);
	for (size_t i = 0; r == 0 && i < ipsec_conf_n_findings(conf); i++)
		text_printf(&seen, "%s; %s\n", ipsec_conf_finding(conf, i)->text,
			    ipsec_conf_finding(conf, i)->remedy);
	if (r == 0)
		same_as_ever(&seen);
	ipsec_conf_free(conf);
	return r;
}

/* A conn that is loaded anew for each failure: what was put together once is remembered. */
static const char *conn_name;

static int look_at_conn(void)
{
	_cleanup_conf_ struct ipsec_conf *conf = NULL;
	const struct ipsec_conf_conn *conn;
	struct ipsec_conf_value *values = NULL;
	struct text seen = TEXT_NULL;
	char **names = NULL;
	size_t n = 0;
	int r;

	no_memory_pause();
	ck_assert_int_eq(load(&conf), 0);
	conn = ipsec_conf_find(conf, conn_name);
	no_memory_resume();

	r = ipsec_conf_effective_all(conf, conn, &values, &n);
	if (r == 0)
		r = ipsec_conf_loaded_names(conf, conn, &names);
	no_memory_pause();
	for (size_t i = 0; r == 0 && i < n; i++)
		text_printf(&seen, "%s=%s\n", values[i].key, values[i].value);
	for (size_t i = 0; names && names[i]; i++) {
		text_printf(&seen, "%s\n", names[i]);
		free(names[i]);
	}
	if (r == 0)
		same_as_ever(&seen);
	free(names);
	free(values);
	return r;
}

static const struct ipsec_conf_change *changes;

static int edit_conn(void)
{
	_cleanup_conf_ struct ipsec_conf *conf = NULL;
	struct ipsec_conf_edit *edit = NULL;
	struct text seen = TEXT_NULL;
	int r;

	no_memory_pause();
	ck_assert_int_eq(load(&conf), 0);
	no_memory_resume();

	r = ipsec_conf_plan(conf, conn_name, changes, 1, &edit);
	no_memory_pause();
	if (r < 0) {
		ck_assert_ptr_null(edit);
		return r;
	}
	text_printf(&seen, "%i %s %s %s %s\n", r, edit->reason ? edit->reason : "",
		    edit->remedy ? edit->remedy : "", edit->diff ? edit->diff : "",
		    edit->bytes ? edit->bytes : "");
	same_as_ever(&seen);
	ipsec_conf_edit_free(edit);
	return 0;
}

START_TEST(a_configuration_is_read_or_there_is_no_memory)
{
	ck_assert_uint_gt(each_failing_of(read_conf), 20);
}
END_TEST

START_TEST(a_conn_is_put_together_or_there_is_no_memory)
{
	conn_name = "a";
	ck_assert_uint_gt(each_failing_of(look_at_conn), 10);
	conn_name = "c";
	ck_assert_uint_gt(each_failing_of(look_at_conn), 3);
}
END_TEST

START_TEST(an_edit_is_planned_or_refused_or_there_is_no_memory)
{
	static const struct {
		const char *conn;
		struct ipsec_conf_change change;
	} rows[] = {
		{ "b", { "mtu", "1500" } },
		{ "b", { "nic-offload", "yes" } },
		{ "b", { "esp", NULL } },
		{ "b", { "leftid", "@{x y}" } },
		{ "a", { "nic-offload", "yes" } },
		{ "c", { "esp", "aes_gcm128" } },
		{ "nobody", { "esp", "aes_gcm" } },
		{ "b", { "nonsense", "1" } },
		{ "b", { "nic-offload", "maybe" } },
		{ "b", { "leftid", "a\"b c" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		conn_name = rows[i].conn;
		changes = &rows[i].change;
		ck_assert_uint_gt(each_failing_of(edit_conn), 2);
	}
}
END_TEST

/* ---- Texts of others ---- */

static int match_messages(void)
{
	static const char text[] =
		"002 \"a\" #1: initiating IKEv2 connection\n"
		"010 \"a\" #1: STATE_V2_PARENT_I1: retransmission; will wait 0.5 seconds for "
		"response\n"
		"003 \"a\" #1: dropping unexpected IKE_SA_INIT message containing "
		"NO_PROPOSAL_CHOSEN notification\n"
		"036 \"a\" #2: IKE_AUTH response contained the error notification "
		"AUTHENTICATION_FAILED\n"
		"003 \"a\" #2: ERROR: netlink response for Add SA esp.1@192.0.2.1: Invalid "
		"argument (errno 22)\n";
	struct pluto_messages m = PLUTO_MESSAGES_NULL;
	struct text seen = TEXT_NULL;
	int r = pluto_messages_match(text, &m);

	no_memory_pause();
	if (r < 0)
		ck_assert_uint_eq(m.n, 0);
	text_printf(&seen, "%zu", m.n);
	if (r == 0)
		same_as_ever(&seen);
	else
		text_done(&seen);
	pluto_messages_done(&m);
	return r;
}

static int read_tunnels(void)
{
	static const char text[] =
		"006 #2: \"a\", type=ESP, add_time=1, inBytes=84, outBytes=84, id='192.0.2.2'\n"
		"006 #4: \"b/1x2\", type=ESP, add_time=1, inBytes=0, outBytes=0, id='@b'\n";
	struct facts_tunnel *tunnels = NULL;
	struct text seen = TEXT_NULL;
	size_t n = 0;
	int r = pluto_tunnels_parse(text, &tunnels, &n);

	no_memory_pause();
	for (size_t i = 0; i < n; i++)
		text_printf(&seen, "%s\n", tunnels[i].conn);
	if (r == 0)
		same_as_ever(&seen);
	pluto_tunnels_free(tunnels, n);
	return r;
}

static int read_sas(void)
{
	static const char text[] =
		"006 #2: \"a\":500 STATE_V2_ESTABLISHED_CHILD_SA (IPsec SA established); "
		"eventroute; #1;\n"
		"006 #2: \"a\" esp.1234@192.0.2.2 esp.5678@192.0.2.1 Traffic: ESPin=0B\n";
	struct pluto_sas s = PLUTO_SAS_NULL;
	struct text seen = TEXT_NULL;
	int r = pluto_sas_parse(text, &s);

	no_memory_pause();
	text_printf(&seen, "%zu", s.n);
	if (r == 0)
		same_as_ever(&seen);
	else
		text_done(&seen);
	pluto_sas_done(&s);
	return r;
}

static int compare(void)
{
	static const char old[] = "a\nb\nc\nd\ne\n", new[] = "a\nB\nc\nd\ne\nf";
	struct text seen = TEXT_NULL;
	char *diff = NULL;
	int r = diff_unified("old", old, sizeof(old) - 1, "new", new, sizeof(new) - 1, 1, &diff);

	no_memory_pause();
	if (r == 0) {
		text_add(&seen, diff);
		same_as_ever(&seen);
	}
	free(diff);
	return r;
}

static int choose_profiles(void)
{
	static const struct profile items[] = {
		{ .path = "/1",
		  .uuid = "1",
		  .id = "a",
		  .filename = "/etc/a",
		  .type = "bond",
		  .interface = "bond0" },
		{ .path = "/2", .uuid = "2", .id = "b", .type = "bond", .interface = "bond1" },
	};
	static const struct profile_bond bond = { .path = "/d", .interface = "bond1" };
	const struct profiles all = { .items = items, .n = 2, .bonds = &bond, .n_bonds = 1 };
	struct facts_profile *found = NULL;
	struct text seen = TEXT_NULL;
	size_t n = 0;
	int r = profiles_of_bonds(&all, &found, &n);

	no_memory_pause();
	for (size_t i = 0; i < n; i++)
		text_printf(&seen, "%s %s %s\n", found[i].bond, found[i].id, found[i].path);
	if (r == 0)
		same_as_ever(&seen);
	facts_profiles_free(found, n);
	return r;
}

START_TEST(profiles_are_chosen_or_there_is_no_memory)
{
	ck_assert_uint_gt(each_failing_of(choose_profiles), 6);
}
END_TEST

START_TEST(texts_of_others_are_understood_or_there_is_no_memory)
{
	ck_assert_uint_gt(each_failing_of(match_messages), 2);
	ck_assert_uint_gt(each_failing_of(read_tunnels), 2);
	ck_assert_uint_gt(each_failing_of(read_sas), 0);
	ck_assert_uint_gt(each_failing_of(compare), 1);
}
END_TEST

NO_MEMORY_MAIN("no memory", a_policy_is_read_and_printed_or_there_is_no_memory,
	       a_host_is_judged_or_there_is_no_memory, a_plan_is_made_or_there_is_no_memory,
	       tunnels_are_told_apart_or_there_is_no_memory,
	       a_configuration_is_read_or_there_is_no_memory,
	       a_conn_is_put_together_or_there_is_no_memory,
	       an_edit_is_planned_or_refused_or_there_is_no_memory,
	       profiles_are_chosen_or_there_is_no_memory,
	       texts_of_others_are_understood_or_there_is_no_memory)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "policy.h"
#include "policy-words.h"
#include "unit.h"

/* Each mistake as FILE:LINE:COLUMN: MESSAGE, one a line, without source and hint. */
static char *mistakes(const struct diagnostics *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char *s = NULL;

	for (size_t i = 0; i < d->n; i++)
		text_printf(&t, "%s:%u:%u: %s\n", d->items[i].file, d->items[i].line,
			    d->items[i].column, d->items[i].message);
	ck_assert_int_eq(text_take(&t, &s), 0);
	return s;
}

static struct policy *parse_texts(const struct policy_text *texts, size_t n)
{
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	struct policy *p = NULL;
	_cleanup_free_ char *said = NULL;
	int r = policy_parse(texts, n, &d, &p);

	said = mistakes(&d);
	ck_assert_msg(r == 0, "%s", said);
	return p;
}

static struct policy *parse(const char *yaml)
{
	const struct policy_text text = { "a.yaml", yaml, strlen(yaml) };

	return parse_texts(&text, 1);
}

static struct policy *parse_two(const char *first, const char *second)
{
	const struct policy_text texts[] = { { "a.yaml", first, strlen(first) },
					     { "b.yaml", second, strlen(second) } };

	return parse_texts(texts, 2);
}

static char *refused_texts(const struct policy_text *texts, size_t n)
{
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	struct policy *p = NULL;

	ck_assert_int_eq(policy_parse(texts, n, &d, &p), -EBADMSG);
	ck_assert_ptr_null(p);
	ck_assert_uint_gt(diagnostics_errors(&d), 0);
	return mistakes(&d);
}

static void ck_refused_bytes(const char *yaml, size_t len, const char *expected)
{
	const struct policy_text text = { "a.yaml", yaml, len };
	_cleanup_free_ char *said = refused_texts(&text, 1);

	ck_assert_msg(streq(said, expected), "%s\n--- said:\n%s--- expected:\n%s", yaml, said,
		      expected);
}

static void ck_refused(const char *yaml, const char *expected)
{
	ck_refused_bytes(yaml, strlen(yaml), expected);
}

/* A bond with one conn, and what stands below it. */
#define BOND0 "version: 1\nbonds:\n  bond0:\n    connections: [example]\n"

START_TEST(a_bond_with_a_conn_has_the_default_of_all_else)
{
	_cleanup_(policy_freep) struct policy *p = parse(BOND0);
	const struct policy_bond *b = policy_bond_named(p, "bond0");

	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->n_conns, 1);
	ck_assert_str_eq(b->conns[0], "example");
	ck_assert_uint_eq(b->n_drivers, 1);
	ck_assert_str_eq(b->drivers[0], "ixgbe");
	ck_assert_int_eq(b->manage, POLICY_ENFORCE);
	ck_assert_int_eq(b->activation, POLICY_ACTIVATION_AUTO);
	ck_assert_int_eq(b->ipsec, POLICY_IPSEC_AUTO);
	ck_assert_int_eq(b->on_loss, POLICY_LOSS_REPORT);
	ck_assert_ptr_null(b->ensure.esn);
	ck_assert_ptr_null(b->ensure.esp);
	ck_assert_uint_eq(b->proof.within_usec, 30000000);
	ck_assert_double_eq(b->proof.ratio, 0.95);
	ck_assert_int_eq(b->proof.probe_address.family, 0);
	ck_assert(b->rollback);
	ck_assert_uint_eq(b->text, 1);
	ck_assert_uint_eq(b->line, 3);
	ck_assert_uint_eq(b->column, 3);
}
END_TEST

START_TEST(every_key_is_read)
{
	_cleanup_(policy_freep) struct policy *p =
		parse("version: 1\n"
		      "bonds:\n"
		      "  bond0:\n"
		      "    connections: [example, 'site-*']\n"
		      "    drivers: [ixgbe, ixgbevf]\n"
		      "    manage: monitor\n"
		      "    activation: live\n"
		      "    ipsec: replace\n"
		      "    on-loss: rekey\n"
		      "    ensure: {esn: no, esp: aes_gcm128-null}\n"
		      "    proof: {within: 2min, ratio: 0.5, probe: {address: 198.51.100.2, count: "
		      "7}}\n"
		      "    rollback: false\n"
		      "  bond1:\n"
		      "    connections: [other]\n"
		      "    activation: reactivate\n"
		      "    ipsec: never\n"
		      "    on-loss: replace\n");
	const struct policy_bond *b = policy_bond_named(p, "bond0");
	char ip[FACTS_IP_TEXT_SIZE];

	ck_assert_str_eq(b->conns[1], "site-*");
	ck_assert_str_eq(b->drivers[1], "ixgbevf");
	ck_assert_int_eq(b->manage, POLICY_MONITOR);
	ck_assert_int_eq(b->activation, POLICY_ACTIVATION_LIVE);
	ck_assert_int_eq(b->ipsec, POLICY_IPSEC_REPLACE);
	ck_assert_int_eq(b->on_loss, POLICY_LOSS_REKEY);
	ck_assert_str_eq(b->ensure.esn, "no");
	ck_assert_str_eq(b->ensure.esp, "aes_gcm128-null");
	ck_assert_uint_eq(b->proof.within_usec, 120000000);
	ck_assert_double_eq(b->proof.ratio, 0.5);
	ck_assert_str_eq(facts_ip_print(&b->proof.probe_address, ip), "198.51.100.2");
	ck_assert_uint_eq(b->proof.probe_count, 7);
	ck_assert(!b->rollback);

	b = policy_bond_named(p, "bond1");
	ck_assert_int_eq(b->activation, POLICY_ACTIVATION_REACTIVATE);
	ck_assert_int_eq(b->ipsec, POLICY_IPSEC_NEVER);
	ck_assert_int_eq(b->on_loss, POLICY_LOSS_REPLACE);
	ck_assert_ptr_null(policy_bond_named(p, "bond2"));
}
END_TEST

START_TEST(no_text_and_texts_that_say_nothing_are_an_empty_policy)
{
	static const char *const nothing[] = {
		"",
		"# only a comment\n",
		"---\n",
		"version: 1\n",
		"version: 1\nbonds:\n",
		"version: 1\nbonds: {}\n",
		"version: 1\nbonds: ~",
		"\xef\xbb\xbfversion: 1\n",
		"~\n",
	};
	_cleanup_(policy_freep) struct policy *none = parse_texts(NULL, 0);

	ck_assert_uint_eq(none->n_bonds, 0);
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
		_cleanup_(policy_freep) struct policy *p = parse(nothing[i]);

		ck_assert_uint_eq(p->n_bonds, 0);
	}
}
END_TEST

START_TEST(a_mistake_is_named_with_its_place)
{
	static const struct {
		const char *yaml, *said;
	} rows[] = {
		/* the document */
		{ "bonds: {}\n", "a.yaml:1:1: the version is missing\n" },
		{ "version: 2\nbons: 1\n",
		  "a.yaml:1:10: version 2 is not known here, only version 1\n" },
		{ "version: one\n",
		  "a.yaml:1:10: expected the number of a version, found \"one\"\n" },
		{ "version: '1'\n",
		  "a.yaml:1:10: expected the number of a version, found a text in quotes\n" },
		{ "version:\n", "a.yaml:1:9: expected the number of a version, found nothing\n" },
		{ "[]\n",
		  "a.yaml:1:1: expected a mapping with \"version\" and \"bonds\", found a list\n" },
		{ "version: 1\n---\nversion: 1\n", "a.yaml:2:1: a second document in the file\n" },
		{ "version: 1\nbonds: []\n",
		  "a.yaml:2:8: expected a mapping of bonds, found a list\n" },
		{ "version: 1\nbond: {}\n", "a.yaml:2:1: unknown key \"bond\"\n" },
		{ "version: 1\nversion: 1\n",
		  "a.yaml:2:1: the key \"version\" stands on line 1 already\n" },
		{ "version: 1\n[a]: b\n", "a.yaml:2:1: expected a key, found a list\n" },
		/* the bond */
		{ "version: 1\nbonds:\n  bond0:\n",
		  "a.yaml:3:3: the bond \"bond0\" names no conn\n" },
		{ "version: 1\nbonds:\n  bond0: example\n",
		  "a.yaml:3:10: expected a mapping of keys and values, found a single value\n"
		  "a.yaml:3:3: the bond \"bond0\" names no conn\n" },
		{ "version: 1\nbonds:\n  sixteen_bytes_xx: {connections: [a]}\n",
		  "a.yaml:3:3: \"sixteen_bytes_xx\" names no bond: an interface's name has at most "
		  "15 bytes\n" },
		{ BOND0 "  bond0:\n    connections: [b]\n",
		  "a.yaml:5:3: the bond \"bond0\" stands on line 3 already\n" },
		{ BOND0 "    connections: [b]\n",
		  "a.yaml:5:5: the key \"connections\" stands on line 4 already\n" },
		/* lists */
		{ "version: 1\nbonds:\n  bond0:\n    connections: example\n",
		  "a.yaml:4:18: expected a list of conns, such as [example], found a single "
		  "value\n" },
		{ "version: 1\nbonds:\n  bond0:\n    connections: []\n",
		  "a.yaml:4:18: the list is empty: expected a list of conns, such as [example]\n" },
		{ "version: 1\nbonds:\n  bond0:\n    connections: [a, %default]\n",
		  "a.yaml:4:22: found character that cannot start any token, while scanning for "
		  "the next token\n" },
		{ "version: 1\nbonds:\n  bond0:\n    connections: [a, '', [b], '%default']\n",
		  "a.yaml:4:22: the name of a conn is not empty\n"
		  "a.yaml:4:26: expected the name of a conn, or a pattern, found a list\n"
		  "a.yaml:4:31: %default holds values for conns and is none itself\n" },
		{ BOND0 "    drivers: ['two words']\n",
		  "a.yaml:5:15: \"two words\" names no driver\n" },
		/* words */
		{ BOND0 "    manage: enforced\n",
		  "a.yaml:5:13: unknown value \"enforced\" for manage\n" },
		{ BOND0 "    activation: [live]\n",
		  "a.yaml:5:17: expected one word, found a list\n" },
		{ BOND0 "    ipsec: yes\n", "a.yaml:5:12: unknown value \"yes\" for ipsec\n" },
		{ BOND0 "    on-loss: re-key\n",
		  "a.yaml:5:14: unknown value \"re-key\" for on-loss\n" },
		{ BOND0 "    rollback: yes\n",
		  "a.yaml:5:15: expected true or false, found \"yes\"\n" },
		{ BOND0 "    rollback: 'true'\n",
		  "a.yaml:5:15: expected true or false, found a text in quotes\n" },
		/* ensure */
		{ BOND0 "    ensure: {esn: never}\n",
		  "a.yaml:5:19: unknown value \"never\" for esn\n" },
		{ BOND0 "    ensure: {esp: 'aes gcm'}\n",
		  "a.yaml:5:19: \"aes gcm\" names no algorithms of ESP\n" },
		{ BOND0 "    ensure: {type: transport}\n", "a.yaml:5:14: unknown key \"type\"\n" },
		{ BOND0 "    ensure: [esn]\n",
		  "a.yaml:5:13: expected a mapping of keys and values, found a list\n" },
		/* proof */
		{ BOND0 "    proof: {within: soon}\n",
		  "a.yaml:5:21: \"soon\" is no length of time\n" },
		{ BOND0 "    proof: {within: 0}\n",
		  "a.yaml:5:21: \"0\" is out of range: from 100ms to 60min\n" },
		{ BOND0 "    proof: {within: 999999999999h}\n",
		  "a.yaml:5:21: \"999999999999h\" is out of range: from 100ms to 60min\n" },
		{ BOND0 "    proof: {ratio: 1.01}\n",
		  "a.yaml:5:20: expected a number above 0, up to 1, found \"1.01\"\n" },
		{ BOND0 "    proof: {ratio: 0}\n",
		  "a.yaml:5:20: expected a number above 0, up to 1, found \"0\"\n" },
		{ BOND0 "    proof: {ratio: 95%}\n",
		  "a.yaml:5:20: expected a number above 0, up to 1, found \"95%\"\n" },
		{ BOND0 "    proof: {probe: {address: example.org}}\n",
		  "a.yaml:5:30: \"example.org\" is no IP address of a host\n" },
		{ BOND0 "    proof: {probe: {address: '::'}}\n",
		  "a.yaml:5:30: \"::\" is no IP address of a host\n" },
		{ BOND0 "    proof: {probe: {address: 192.0.2.1, count: 0}}\n",
		  "a.yaml:5:48: expected a whole number from 1 to 1000, found \"0\"\n" },
		{ BOND0 "    proof: {probe: {count: 3}}\n",
		  "a.yaml:5:20: the probe of bond \"bond0\" has no address\n" },
		/* tags, merge keys, control characters */
		{ BOND0 "    manage: !mine monitor\n",
		  "a.yaml:5:13: the tag \"!mine\" has no meaning here\n" },
		{ BOND0 "    <<: {manage: monitor}\n",
		  "a.yaml:5:5: merge keys are not supported\n" },
		{ "version: 1\nbonds:\n  bond0:\n    connections: [\"a\\nb\"]\n",
		  "a.yaml:4:19: a control character in the name of a conn, or a pattern\n" },
		{ "version: 1\nbonds:\n  bond0:\n    connections: [\"a\\0b\", \"c\\uFEFF\"]\n",
		  "a.yaml:4:19: a control character in the name of a conn, or a pattern\n"
		  "a.yaml:4:27: a control character in the name of a conn, or a pattern\n" },
		/* the grammar */
		{ "version: 1\nbonds:\n\tbond0:\n",
		  "a.yaml:3:1: found character that cannot start any token, while scanning for "
		  "the next token\n" },
		{ "version: 1\nbonds: {bond0: {connections: [a]}\n",
		  "a.yaml:3:1: did not find expected ',' or '}', while parsing a flow mapping\n" },
		{ "version: 1\nbonds: *nobody\n",
		  "a.yaml:2:8: an alias to an anchor that is not set before\n" },
		{ "version: 1\nbonds: &b {bond0: *b}\n",
		  "a.yaml:2:19: an alias to what it stands in\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_refused(rows[i].yaml, rows[i].said);
}
END_TEST

START_TEST(bytes_that_are_no_yaml_are_named_with_their_place)
{
	static const struct {
		const char *yaml;
		size_t len;
		const char *said;
	} rows[] = {
		{ "version: 1\nb\0nds:", 17, "a.yaml:2:2: a control character (0x00)\n" },
		{ "version: 1\n# \x1b[31m\n", 18, "a.yaml:2:3: a control character (0x1b)\n" },
		{ "version: 1\n# \xfc\n", 15, "a.yaml:2:3: no UTF-8 here (0xfc)\n" },
		{ "version: 1\n# \xc3", 14,
		  "a.yaml:2:3: the text breaks off in the middle of a character\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_refused_bytes(rows[i].yaml, rows[i].len, rows[i].said);
}
END_TEST

START_TEST(all_mistakes_of_all_files_are_found_in_one_pass)
{
	static const char first[] = "version: 1\n"
				    "bonds:\n"
				    "  bond0:\n"
				    "    conections: [example]\n"
				    "    manage: watch\n";
	static const char second[] = "bonds:\n  bond1: {rolback: true}\n";
	const struct policy_text texts[] = { { "a.yaml", first, strlen(first) },
					     { "b.yaml", second, strlen(second) } };
	_cleanup_free_ char *said = refused_texts(texts, 2);

	ck_assert_str_eq(said, "a.yaml:4:5: unknown key \"conections\"\n"
			       "a.yaml:5:13: unknown value \"watch\" for manage\n"
			       "b.yaml:1:1: the version is missing\n"
			       "b.yaml:2:11: unknown key \"rolback\"\n"
			       "a.yaml:3:3: the bond \"bond0\" names no conn\n"
			       "b.yaml:2:3: the bond \"bond1\" names no conn\n");
}
END_TEST

START_TEST(a_mistake_shows_its_line_and_a_near_key)
{
	static const char yaml[] = "version: 1\nbonds:\n  bond0:\n    conections: [example]\n";
	const struct policy_text text = { "a.yaml", yaml, strlen(yaml) };
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *s = NULL;
	struct policy *p = NULL;

	ck_assert_int_eq(policy_parse(&text, 1, &d, &p), -EBADMSG);
	diagnostic_print(&d.items[0], &t);
	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, "a.yaml:4:5: error: unknown key \"conections\"\n"
			    "    conections: [example]\n"
			    "    ^\n"
			    "did you mean \"connections\"?\n");
}
END_TEST

START_TEST(after_a_hundred_mistakes_the_rest_is_only_counted)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	struct policy *p = NULL;

	text_add(&yaml, "version: 1\nbonds:\n");
	for (int i = 0; i < 1000; i++)
		text_printf(&yaml, "  bond%d: {connections: [c%d], no: %d}\n", i, i, i);
	ck_assert_int_eq(policy_parse(&(struct policy_text){ "a.yaml", yaml.data, yaml.len }, 1, &d,
				      &p),
			 -EBADMSG);
	ck_assert_uint_eq(d.n, 101);
	ck_assert_str_eq(d.items[100].message, "900 more mistakes are not shown");
	text_done(&yaml);
}
END_TEST

START_TEST(a_word_that_was_made_a_boolean_is_the_word)
{
	static const char *const rows[][2] = { { "false", "no" }, { "true", "yes" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *p = NULL;
		_cleanup_free_ char *yaml = NULL;

		ck_assert_int_gt(asprintf(&yaml, BOND0 "    ensure: {\"esn\": %s}\n", rows[i][0]),
				 0);
		p = parse(yaml);
		ck_assert_str_eq(policy_bond_named(p, "bond0")->ensure.esn, rows[i][1]);
	}
	ck_refused(BOND0 "    ensure: {esn: \"false\"}\n",
		   "a.yaml:5:19: unknown value \"false\" for esn\n");
}
END_TEST

START_TEST(a_later_text_replaces_single_keys_of_a_bond)
{
	_cleanup_(policy_freep) struct policy *p = parse_two(
		BOND0 "    manage: monitor\n"
		      "    proof: {within: 5s, ratio: 0.5, probe: {address: 192.0.2.1, count: 9}}\n"
		      "    ensure: {esn: no}\n",
		"version: 1\n"
		"bonds:\n"
		"  bond0:\n"
		"    connections: [other]\n"
		"    proof: {ratio: 0.75, probe: {count: 2}}\n"
		"    ensure: {esp: aes_gcm128}\n"
		"  bond1: {connections: [example]}\n");
	const struct policy_bond *b = policy_bond_named(p, "bond0");

	ck_assert_uint_eq(p->n_bonds, 2);
	ck_assert_uint_eq(b->n_conns, 1);
	ck_assert_str_eq(b->conns[0], "other");
	ck_assert_int_eq(b->manage, POLICY_MONITOR);
	ck_assert_uint_eq(b->proof.within_usec, 5000000);
	ck_assert_double_eq(b->proof.ratio, 0.75);
	ck_assert_int_ne(b->proof.probe_address.family, 0);
	ck_assert_uint_eq(b->proof.probe_count, 2);
	ck_assert_str_eq(b->ensure.esn, "no");
	ck_assert_str_eq(b->ensure.esp, "aes_gcm128");
	ck_assert_uint_eq(b->text, 2);
	ck_assert_uint_eq(b->line, 3);
}
END_TEST

START_TEST(a_conn_goes_through_one_bond)
{
	static const struct {
		const char *bond0, *bond1, *said;
	} rows[] = {
		{ "[a, b]", "[c, b]",
		  "a.yaml:4:28: \"b\" is named by bond \"bond0\" already (a.yaml:3)\n" },
		{ "[a, b, a]", "[c]", "a.yaml:3:31: \"a\" is named twice\n" },
		{ "['site-*']", "[site-1]",
		  "a.yaml:3:25: \"site-*\" matches \"site-1\", which bond \"bond1\" names "
		  "(a.yaml:4)\n" },
		{ "['*']", "['*']",
		  "a.yaml:4:25: \"*\" is named by bond \"bond0\" already (a.yaml:3)\n" },
	};
	_cleanup_(policy_freep) struct policy *apart =
		parse("version: 1\nbonds:\n  bond0: {connections: ['site-*', site-1]}\n"
		      "  bond1: {connections: ['other-*', site]}\n");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char yaml[256];

		snprintf(yaml, sizeof(yaml),
			 "version: 1\nbonds:\n  bond0: {connections: %s}\n  bond1: {connections: "
			 "%s}\n",
			 rows[i].bond0, rows[i].bond1);
		ck_refused(yaml, rows[i].said);
	}
}
END_TEST

START_TEST(a_conn_may_move_to_another_bond_in_a_later_text)
{
	_cleanup_(policy_freep) struct policy *p =
		parse_two(BOND0, "version: 1\nbonds:\n  bond0: {connections: [other]}\n"
				 "  bond1: {connections: [example]}\n");

	ck_assert_str_eq(policy_bond_named(p, "bond1")->conns[0], "example");
}
END_TEST

START_TEST(an_alias_stands_for_its_anchor)
{
	_cleanup_(policy_freep) struct policy *p =
		parse("version: 1\n"
		      "bonds:\n"
		      "  bond0: {connections: [a], drivers: &d [ixgbe, mlx5_core]}\n"
		      "  bond1: {connections: [b], drivers: *d}\n");

	ck_assert_str_eq(policy_bond_named(p, "bond1")->drivers[1], "mlx5_core");
}
END_TEST

START_TEST(an_interface_has_the_name_that_the_kernel_lets_it_have)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{ "bond0", true },
		{ "a", true },
		{ "fifteen_bytes_x", true },
		{ "bond0.100", true },
		{ "-", true },
		{ "b\xc3\xbcndel", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ "...", true },
		{ "a/b", false },
		{ "a:b", false },
		{ "a b", false },
		{ "a\tb", false },
		{ "a\vb", false },
		{ "sixteen_bytes_xx", false },
		{ "voil\xc3\xa0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(!policy_interface_fault(rows[i].name) == rows[i].good, "%s",
			      rows[i].name);
}
END_TEST

START_TEST(a_length_of_time_is_a_number_and_a_unit)
{
	static const struct {
		const char *s;
		int r;
		uint64_t usec;
		const char *printed;
	} rows[] = {
		{ "30s", 0, 30000000, "30s" },
		{ "30", 0, 30000000, "30s" },
		{ "500ms", 0, 500000, "500ms" },
		{ "2min", 0, 120000000, "120s" },
		{ "1.5s", 0, 1500000, "1500ms" },
		{ "1 h", 0, 3600000000, "3600s" },
		{ "7us", 0, 7, "7us" },
		{ "", -EINVAL, 0, NULL },
		{ "s", -EINVAL, 0, NULL },
		{ "-1s", -EINVAL, 0, NULL },
		{ "1.s", -EINVAL, 0, NULL },
		{ "1,5s", -EINVAL, 0, NULL },
		{ "30S", -EINVAL, 0, NULL },
		{ "30s ", -EINVAL, 0, NULL },
		{ "1234567890123456", -EINVAL, 0, NULL },
		{ "999999999999999h", -ERANGE, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char printed[POLICY_NUMBER_SIZE];
		uint64_t usec = 0;

		ck_assert_msg(policy_duration_parse(rows[i].s, &usec) == rows[i].r, "%s",
			      rows[i].s);
		ck_assert_uint_eq(usec, rows[i].usec);
		if (rows[i].r < 0)
			continue;
		policy_duration_print(usec, printed);
		ck_assert_str_eq(printed, rows[i].printed);
	}
}
END_TEST

START_TEST(a_ratio_prints_as_it_was_written)
{
	static const char *const good[] = { "0.95",           "1",     "0.5",
					    "0.999999999999", "0.001", "0.333333333333333" };
	static const char *const bad[] = { "",      ".5",   "1.",
					   "0,95",  "1e-1", "-1",
					   "0.95x", "nan",  "0.1234567890123456" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char printed[POLICY_NUMBER_SIZE];
		double ratio;

		ck_assert_int_eq(policy_ratio_parse(good[i], &ratio), 0);
		policy_ratio_print(ratio, printed);
		ck_assert_str_eq(printed, good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		double ratio;

		ck_assert_msg(policy_ratio_parse(bad[i], &ratio) == -EINVAL, "%s", bad[i]);
	}
}
END_TEST

START_TEST(a_printed_policy_reads_the_same)
{
	_cleanup_(policy_freep) struct policy *p =
		parse("version: 1\n"
		      "bonds:\n"
		      "  no: {connections: ['~', 'null', 'a \"b\" \\ #c', '- x: *y', '%x', "
		      "\"\xc3\xbc\"]}\n"
		      "  bond0:\n"
		      "    connections: [example, 'site-[0-9]*']\n"
		      "    drivers: [ixgbe, mlx5_core]\n"
		      "    manage: monitor\n"
		      "    activation: reactivate\n"
		      "    ipsec: never\n"
		      "    on-loss: replace\n"
		      "    ensure: {esn: no, esp: 'aes_gcm128-null,aes_gcm256'}\n"
		      "    proof: {within: 1500ms, ratio: 0.875, probe: {address: '2001:db8::1'}}\n"
		      "    rollback: false\n");
	_cleanup_(policy_freep) struct policy *again = NULL;
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(policy_print(p, &text), 0);
	again = parse(text);
	ck_assert_uint_eq(again->n_bonds, 2);
	for (size_t i = 0; i < p->n_bonds; i++)
		ck_assert_msg(policy_bond_equal(&p->bonds[i], &again->bonds[i]), "%s", text);
}
END_TEST

START_TEST(policies_differ_when_any_key_does)
{
	static const char *const keys[] = {
		"manage: monitor",       "activation: live",
		"ipsec: never",          "on-loss: rekey",
		"rollback: false",       "drivers: [mlx5_core]",
		"ensure: {esn: no}",     "ensure: {esp: aes_gcm128}",
		"proof: {within: 31s}",  "proof: {ratio: 0.96}",
		"drivers: [ixgbe, igb]", "proof: {probe: {address: 192.0.2.1}}",
	};
	_cleanup_(policy_freep) struct policy *p = parse(BOND0);
	_cleanup_(policy_freep) struct policy *same = parse("version: 1\n\n" BOND0 + 11);

	ck_assert(policy_bond_equal(&p->bonds[0], &p->bonds[0]));
	ck_assert(policy_bond_equal(&p->bonds[0], &same->bonds[0]));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(policy_freep) struct policy *other = NULL;
		char yaml[256];

		snprintf(yaml, sizeof(yaml), BOND0 "    %s\n", keys[i]);
		other = parse(yaml);
		ck_assert_msg(!policy_bond_equal(&p->bonds[0], &other->bonds[0]), "%s", keys[i]);
	}
}
END_TEST

/* Many bonds that all mean one long list: a small file that stands for a large policy. */
START_TEST(aliases_that_multiply_are_refused)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	_cleanup_free_ char *said = NULL;

	text_add(&yaml, "version: 1\nbonds:\n  bond0: &b\n    connections: [c");
	for (int i = 0; i < 2000; i++)
		text_printf(&yaml, ", c%d", i);
	text_add(&yaml, "]\n");
	for (int i = 1; i < 1000; i++)
		text_printf(&yaml, "  bond%d: *b\n", i);
	said = refused_texts(&(struct policy_text){ "a.yaml", yaml.data, yaml.len }, 1);
	ck_assert_ptr_nonnull(strstr(said, "the aliases of this file stand for more than 200000"));
	text_done(&yaml);
}
END_TEST

/* The pattern with a number for each "#". */
static void add_numbered(struct text *t, const char *pattern, int n)
{
	for (; *pattern; pattern++)
		if (*pattern == '#')
			text_printf(t, "%d", n);
		else
			text_add_char(t, *pattern);
}

START_TEST(a_policy_has_limits_that_none_comes_near)
{
	static const struct {
		const char *head, *one, *tail, *said;
		int n;
	} rows[] = {
		{ "version: 1\nbonds:\n  bond0: {connections: [", "conn-#, ", "]}\n",
		  "the bonds together name more than 50000 conns", 50001 },
		{ "version: 1\nbonds:\n  bond0: {connections: [", "'conn-#-*', ", "]}\n",
		  "more than 256 patterns of conns", 257 },
		{ "version: 1\nbonds:\n", "  bond#: {connections: [of-#]}\n", "",
		  "more than 1024 bonds", 1025 },
		{ BOND0 "    drivers: [", "d#, ", "]\n", "more than 16 drivers", 17 },
		{ "version: 1\nbonds:\n  bond0: {connections: [", "x", "]}\n",
		  "the name of a conn has at most 256 bytes here", 257 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int more = 0; more < 2; more++) {
			_cleanup_text_ struct text yaml = TEXT_NULL;
			_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
			struct policy *p = NULL;
			int r;

			text_add(&yaml, rows[i].head);
			for (int j = 0; j < rows[i].n - 1 + more; j++)
				add_numbered(&yaml, rows[i].one, j);
			text_add(&yaml, rows[i].tail);
			r = policy_parse(&(struct policy_text){ "a.yaml", yaml.data, yaml.len }, 1,
					 &d, &p);
			ck_assert_int_eq(r, more ? -EBADMSG : 0);
			if (more)
				ck_assert_str_eq(d.items[0].message, rows[i].said);
			policy_free(p);
		}
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	_cleanup_free_ char *said = NULL;

	text_add(&yaml, "version: 1\nbonds: ");
	for (int i = 0; i < 1000000; i++)
		text_add_char(&yaml, '[');
	said = refused_texts(&(struct policy_text){ "a.yaml", yaml.data, yaml.len }, 1);
	ck_assert_str_eq(said, "a.yaml:2:23: nested more than 16 deep\n");
	text_done(&yaml);
}
END_TEST

START_TEST(sixty_four_bonds_with_ten_thousand_conns_are_read)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	struct policy *p;

	text_add(&yaml, "version: 1\nbonds:\n");
	for (int i = 0; i < 64; i++) {
		text_printf(&yaml, "  bond%d:\n    connections: [", i);
		for (int j = 0; j < 157; j++)
			text_printf(&yaml, "conn-%d-%d, ", i, j);
		text_printf(&yaml, "'site-%d-*']\n", i);
	}
	p = parse_texts(&(struct policy_text){ "a.yaml", yaml.data, yaml.len }, 1);
	ck_assert_uint_eq(p->n_bonds, 64);
	ck_assert_uint_eq(p->bonds[63].n_conns, 158);
	policy_free(p);
	text_done(&yaml);
}
END_TEST

static uint64_t limit_minutes(size_t n_bonds, uint64_t within_minutes)
{
	struct policy_bond bonds[64] = { 0 };
	struct policy p = { .bonds = bonds, .n_bonds = n_bonds };

	for (size_t i = 0; i < n_bonds; i++)
		bonds[i].proof.within_usec = within_minutes * 60000000;
	return policy_run_limit_usec(&p) / 60000000;
}

START_TEST(a_run_of_the_worker_may_take_as_long_as_the_policy_lets_it_wait)
{
	ck_assert_uint_eq(limit_minutes(0, 0), 15);
	ck_assert_uint_eq(limit_minutes(1, 1), 15);
	ck_assert_uint_eq(limit_minutes(1, 5), 25);
	ck_assert_uint_eq(limit_minutes(2, 60), 370);
	ck_assert_uint_eq(limit_minutes(64, 60), UINT64_C(23) * 60);
}
END_TEST

UNIT_MAIN("policy", a_bond_with_a_conn_has_the_default_of_all_else, every_key_is_read,
	  no_text_and_texts_that_say_nothing_are_an_empty_policy, a_mistake_is_named_with_its_place,
	  bytes_that_are_no_yaml_are_named_with_their_place,
	  all_mistakes_of_all_files_are_found_in_one_pass, a_mistake_shows_its_line_and_a_near_key,
	  after_a_hundred_mistakes_the_rest_is_only_counted,
	  a_word_that_was_made_a_boolean_is_the_word, a_later_text_replaces_single_keys_of_a_bond,
	  a_conn_goes_through_one_bond, a_conn_may_move_to_another_bond_in_a_later_text,
	  an_alias_stands_for_its_anchor, an_interface_has_the_name_that_the_kernel_lets_it_have,
	  a_length_of_time_is_a_number_and_a_unit, a_ratio_prints_as_it_was_written,
	  a_printed_policy_reads_the_same, policies_differ_when_any_key_does,
	  aliases_that_multiply_are_refused, a_policy_has_limits_that_none_comes_near,
	  deep_nesting_is_refused, sixty_four_bonds_with_ten_thousand_conns_are_read,
	  a_run_of_the_worker_may_take_as_long_as_the_policy_lets_it_wait)

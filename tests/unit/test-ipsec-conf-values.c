/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-texts.h"
#include "ipsec-conf-keys.h"

/*
 * What each key of a conn ends up as. The values are what addconn of 4.10 and 5.2 sent to pluto for
 * these texts; "!" before a value: the conn was not loaded.
 */
struct row {
	const char *text;
	const char *value_4; /* of ike= of conn a */
	const char *value_5;
};

static char *outcome(struct libreswan_version v, const char *text)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v, text);
	struct ipsec_conf_value value = value_of(c, "a", "ike");
	struct text result = TEXT_NULL;
	char *s = NULL;

	for (size_t i = 0; i < ipsec_conf_n_findings(c); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(c, i);

		if (f->severity == IPSEC_CONF_ERROR && f->conn && streq(f->conn, "a") &&
		    result.len == 0)
			text_add(&result, "!");
	}
	text_add(&result, value.value);
	ck_assert_int_eq(text_take(&result, &s), 0);
	return s;
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *o4 = outcome(v4, rows[i].text);
		_cleanup_free_ char *o5 = outcome(v5, rows[i].text);

		ck_assert_msg(streq(o4, rows[i].value_4), "4.10: \"%s\" gives %s, not %s",
			      rows[i].text, rows[i].value_4, o4);
		ck_assert_msg(streq(o5, rows[i].value_5), "5.2: \"%s\" gives %s, not %s",
			      rows[i].text, rows[i].value_5, o5);
	}
}

START_TEST(a_key_that_stands_twice)
{
	const struct row rows[] = {
		{ "conn a\n\tike=x\n\tike=x\n", "!x", "x" },
		{ "conn a\n\tike=x\n\tike=y\n", "!x", "x" },
		{ "conn a\n\tike=x\n\tike=\n", "x", "x" },
		{ "conn a\n\tike=\n\tike=x\n", "x", "" },
		{ "conn a\n\tike=x\n\tmtu=5\n\tmtu=5\n", "x", "x" },
		{ "conn a\n\tike=x\n\tmtu=5\n\tmtu=05\n", "x", "x" },
		{ "conn a\n\tike=x\n\tmtu=5\n\tmtu=6\n", "!x", "x" },
		{ "conn a\n\tike=x\n\tesp=y\n\tphase2alg=y\n", "!x", "!x" },
		{ "conn a\n\tike=x\n\tsalifetime=1h\n\tkeylife=60m\n", "x", "x" },
		{ "conn a\n\tike=x\n\tsalifetime=1h\n\tkeylife=2h\n", "!x", "!x" },
		{ "conn a\n\tike=x\n\tleft=1.2.3.4\n\tleft=1.2.3.4\n", "x", "x" },
		{ "conn a\n\tike=x\n\tleft=%any\n\tleft=%any\n", "!x", "x" },
		{ "conn a\n\tike=x\n\tauto=add\n\tauto=start\n", "!x", "x" },
		{ "conn a\n\tike=x\n\tleftid=@q\n\trightid=@q\n", "x", "x" },
		{ "conn a\n\tike=x\n\tnic-offload=no\n\tnic-offload=No\n", "x", "x" },
		{ "conn a\n\tike=x\n\tnic-offload=no\n\tnic-offload=yes\n", "!x", "x" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(the_default_section_is_below_all_others_wherever_it_stands)
{
	const struct row rows[] = {
		{ "conn a\n\tesp=y\nconn %default\n\tike=d\n", "d", "d" },
		{ "conn %default\n\tike=d\nconn a\n\tike=x\n", "x", "x" },
		{ "conn %default\n\tike=d\nconn a\nconn %default\n\tike=e\n", "e", "e" },
		{ "conn %default\n\tike=d\n\tike=e\nconn a\n", "e", "d" },
		{ "conn %default\n\tike=d\nconn a\n\talso=b\nconn b\n\tike=x\n", "x", "x" },
		{ "conn %default\n\tike=d\nconn a\n\tike=\n", "d", "" },
		{ "conn a\n\talso=%default\nconn %default\n\tike=d\n", "d", "d" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(also_in_the_default_section)
{
	const struct row rows[] = {
		{ "conn %default\n\talso=b\nconn a\nconn b\n\tike=x\n", "x", "" },
		{ "conn %default\n\talso=b\nconn %default\n\tike=d\nconn a\nconn b\n", "", "d" },
	};
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, rows[0].text);

	check_rows(rows, ARRAY_SIZE(rows));
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_ALSO_IN_DEFAULT));
}
END_TEST

START_TEST(also_is_as_strong_as_own_keys)
{
	const struct row rows[] = {
		{ "conn a\n\talso=b\nconn b\n\tike=x\n", "x", "x" },
		{ "conn a\n\tike=x\n\talso=b\nconn b\n\tike=y\n", "!x", "!x" },
		{ "conn a\n\talso=b\n\tike=x\nconn b\n\tike=y\n", "!x", "!y" },
		{ "conn a\n\tike=x\n\talso=b\nconn b\n\tike=x\n", "!x", "!x" },
		{ "conn a\n\talso=b\n\talso=c\nconn b\n\tike=x\nconn c\n\tike=y\n", "!x", "!x" },
		{ "conn a\n\tike=x\n\tmtu=5\n\talso=b\nconn b\n\tmtu=5\n", "x", "x" },
		{ "conn a\n\tike=x\n\tmtu=5\n\talso=b\nconn b\n\tmtu=6\n", "!x", "!x" },
		{ "conn a\n\tike=x\n\tleft=1.2.3.4\n\talso=b\nconn b\n\tleft=1.2.3.4\n", "x",
		  "!x" },
		{ "conn a\n\tike=x\n\tleft=1.2.3.4\n\talso=b\nconn b\n\tleft=1.2.3.5\n", "!x",
		  "!x" },
		{ "conn a\n\tike=x\n\tesp=y\n\talso=b\nconn b\n\tphase2alg=z\n", "!x", "!x" },
		{ "conn a\n\tike=x\n\tpfs=yes\n\talso=b\nconn b\n\tpfs=on\n", "x", "x" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(also_goes_round_in_circles_without_harm)
{
	const struct row rows[] = {
		{ "conn a\n\talso=a\n\tike=x\n", "x", "x" },
		{ "conn a\n\talso=b\nconn b\n\talso=a\n\tike=x\n", "x", "x" },
		{ "conn a\n\talso=b\n\talso=c\nconn b\n\talso=d\nconn c\n\talso=d\nconn "
		  "d\n\tike=x\n",
		  "x", "x" },
		{ "conn a\n\talso=b\n\talso=b\nconn b\n\tike=x\n", "x", "x" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(the_targets_of_also)
{
	const struct row rows[] = {
		{ "conn a\n\talso=b\nconn b\n\tike=x\nconn b\n\tike=y\n", "x", "x" },
		{ "conn a\n\talso=b,c\nconn b,c\n\tike=x\nconn b\n\tike=y\n", "x", "x" },
		{ "conn a\n\talso=\"b c\"\nconn c\n\tike=x\nconn b\nconn \"b c\"\n\tike=y\n", "x",
		  "y" },
		{ "conn a\n\talso=B\nconn b\n\tike=x\n", "!", "!" },
		{ "conn a\n\talso=x\n\talso=b\nconn b\n\tike=x\n", "!x", "!x" },
		{ "conn a\n\talso=\nconn b\n", "", "!" },
		{ "conn a\n\talso=5\nconn \"5\"\n\tike=x\n", "", "x" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(a_long_chain_of_also_is_given_up_in_4_x_only)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	text_add(&text, "conn a\n\talso=b0\n");
	for (int i = 0; i < 40; i++)
		text_printf(&text, "conn b%d\n\talso=b%d\n", i, i + 1);
	text_add(&text, "conn b40\n\tike=x\n");
	check_rows(&(struct row){ text.data, "!", "x" }, 1);
}
END_TEST

START_TEST(a_bare_number_is_no_text_in_4_x)
{
	const struct row rows[] = {
		{ "conn a\n\tike=5\n", "!", "5" },
		{ "conn a\n\tike=\"5\"\n", "5", "5" },
		{ "conn a\n\tike=%forever\n", "!", "0" },
		{ "conn a\n\tike=x\n\tconnalias=5\n", "x", "x" },
	};
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn a\n\tmtu=\"1500\"\n");

	check_rows(rows, ARRAY_SIZE(rows));
	/* And a number in quotes is no number. */
	ck_assert_str_eq(value_of(c, "a", "mtu").value, "0");
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_BAD_VALUE));
}
END_TEST

START_TEST(an_invalid_line_is_as_if_it_were_not_there_in_5_x)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v5,
			"conn a\n\tmtu=x\n\tmtu=5\n\tsalifetime=8x\n\trekeyfuzz=5\n\tpfs=perhaps\n"
			"\tipsec-max-bytes=5Ki\n\tipsec-max-packets=5Ki\n\tdpdaction=hold\n");

	ck_assert_str_eq(value_of(c, "a", "mtu").value, "5");
	ck_assert_str_eq(value_of(c, "a", "salifetime").value, "8h");
	ck_assert_str_eq(value_of(c, "a", "rekeyfuzz").value, "");
	ck_assert_str_eq(value_of(c, "a", "pfs").value, "yes");
	ck_assert_str_eq(value_of(c, "a", "ipsec-max-bytes").value, "");
	ck_assert_str_eq(value_of(c, "a", "ipsec-max-packets").value, "5Ki");
	ck_assert_uint_eq(ipsec_conf_n_findings(c), 6);
}
END_TEST

START_TEST(lists_grow_with_each_line_and_from_everywhere)
{
	static const char text[] = "conn %default\n\tleftsubnets=10.0.0.0/8\n"
				   "conn a\n\talso=b\n\tleftsubnets=\"11.0.0.0/8 12.0.0.0/8\"\n"
				   "conn b\n\tleftsubnets=13.0.0.0/8\n";
	_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, text), *c5 = conf_of(v5, text);

	ck_assert_str_eq(value_of(c4, "a", "leftsubnets").value,
			 "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8 13.0.0.0/8");
	ck_assert_str_eq(value_of(c5, "a", "leftsubnets").value,
			 "10.0.0.0/8 13.0.0.0/8 11.0.0.0/8 12.0.0.0/8");
}
END_TEST

START_TEST(subnets_give_one_name_for_each_pair)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v4, "conn a\n\tleftsubnets={10.0.0.0/8, 11.0.0.0/8}\n"
			    "\trightsubnets=\"12.0.0.0/8 13.0.0.0/8\"\nconn b\n\tleftsubnet=x\n");
	char **names;
	static const char *const want[] = { "a/1x1", "a/1x2", "a/2x1", "a/2x2", NULL };

	ck_assert_int_eq(ipsec_conf_loaded_names(c, ipsec_conf_find(c, "a"), &names), 0);
	for (size_t i = 0; want[i]; i++) {
		ck_assert_str_eq(names[i], want[i]);
		free(names[i]);
	}
	ck_assert_ptr_null(names[4]);
	free(names);
	ck_assert_int_eq(ipsec_conf_loaded_names(c, ipsec_conf_find(c, "b"), &names), 0);
	ck_assert_str_eq(names[0], "b");
	ck_assert_ptr_null(names[1]);
	free(names[0]);
	free(names);
}
END_TEST

START_TEST(each_value_tells_where_it_comes_from)
{
	static const struct text_file files[] = {
		{ .path = "/etc/crypto-policies/back-ends/libreswan.config",
		  .bytes = "conn %default\n\tesp=aes_gcm256\n\tike=policy\n" },
		{ .path = "/etc/ipsec.d/a.conf",
		  .bytes = "conn a\n\tleft=192.0.2.1\n\talso=b\nconn b\n\talso=c\nconn "
			   "c\n\tmtu=5\n" },
		{ 0 }
	};
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of_files(v4,
			      "include /etc/crypto-policies/back-ends/libreswan.config\n"
			      "conn %default\n\tike=own\n\tpfs=no\ninclude /etc/ipsec.d/*.conf\n",
			      files);
	struct ipsec_conf_value v = value_of(c, "a", "left");

	ck_assert_int_eq(v.origin, IPSEC_CONF_OWN);
	ck_assert_str_eq(v.section, "a");
	ck_assert_uint_eq(v.place.line, 2);
	ck_assert_uint_eq(v.place.column, 2);
	ck_assert_str_eq(ipsec_conf_file(c, v.place.file)->path, "/etc/ipsec.d/a.conf");

	v = value_of(c, "a", "mtu");
	ck_assert_int_eq(v.origin, IPSEC_CONF_ALSO);
	ck_assert_str_eq(v.section, "c");
	ck_assert_uint_eq(v.place.line, 7);
	ck_assert_uint_eq(v.n_via, 2);
	ck_assert_uint_eq(v.via[0].line, 3);
	ck_assert_uint_eq(v.via[1].line, 5);

	v = value_of(c, "a", "esp");
	ck_assert_int_eq(v.origin, IPSEC_CONF_CRYPTO_POLICY);
	ck_assert_str_eq(v.value, "aes_gcm256");
	v = value_of(c, "a", "ike");
	ck_assert_int_eq(v.origin, IPSEC_CONF_DEFAULT);
	ck_assert_str_eq(v.section, "%default");
	ck_assert_str_eq(v.value, "own");
	v = value_of(c, "a", "type");
	ck_assert_int_eq(v.origin, IPSEC_CONF_BUILTIN);
	ck_assert_uint_eq(v.place.line, 0);
	v = value_of(c, "a", "rightcert");
	ck_assert_int_eq(v.origin, IPSEC_CONF_UNSET);
}
END_TEST

START_TEST(the_built_in_values_are_those_of_the_version)
{
	static const struct {
		struct libreswan_version version;
		const char *key, *value;
	} rows[] = {
		{ { 4, 10 }, "nic-offload", "auto" },
		{ { 5, 2 }, "nic-offload", "no" },
		{ { 3, 21 }, "nic-offload", "auto" },
		{ { 4, 10 }, "esn", "either" },
		{ { 4, 5 }, "esn", "" },
		{ { 4, 10 }, "ikev2", "insist" },
		{ { 5, 0 }, "ikev2", "yes" },
		{ { 4, 10 }, "type", "tunnel" },
		{ { 5, 2 }, "replay-window", "128" },
		{ { 4, 6 }, "replay-window", "128" },
		{ { 4, 5 }, "replay-window", "" },
		{ { 4, 10 }, "auto", "ignore" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_conf_ struct ipsec_conf *c = conf_of(rows[i].version, "conn a\n");

		ck_assert_str_eq(value_of(c, "a", rows[i].key).value, rows[i].value);
	}
}
END_TEST

START_TEST(all_values_come_in_the_order_of_their_strength)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v5, "conn %default\n\tesp=d\n\tmtu=9\nconn a\n\talso=b\n\tike=x\n\tmtu=5\n"
			    "conn b\n\tleftid=@l\n");
	_cleanup_free_ struct ipsec_conf_value *v = NULL;
	size_t n;

	ck_assert_int_eq(ipsec_conf_effective_all(c, ipsec_conf_find(c, "a"), &v, &n), 0);
	ck_assert_uint_gt(n, 10);
	ck_assert_str_eq(v[0].key, "ike");
	ck_assert_str_eq(v[1].key, "mtu");
	ck_assert_str_eq(v[1].value, "5");
	ck_assert_str_eq(v[2].key, "leftid");
	ck_assert_int_eq(v[2].origin, IPSEC_CONF_ALSO);
	ck_assert_str_eq(v[3].key, "esp");
	ck_assert_int_eq(v[3].origin, IPSEC_CONF_DEFAULT);
	for (size_t i = 4; i < n; i++)
		ck_assert_int_eq(v[i].origin, IPSEC_CONF_BUILTIN);
}
END_TEST

START_TEST(a_conflict_names_both_lines)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v4, "conn a\n\tmtu=5\n\talso=b\nconn b\n\tmtu=6\n");
	struct ipsec_conf_value v = value_of(c, "a", "mtu");
	const struct ipsec_conf_finding *f = finding_of(c, IPSEC_CONF_ALSO_CONFLICT);

	ck_assert(v.conflict);
	ck_assert_str_eq(v.value, "5");
	ck_assert_uint_eq(v.other.line, 5);
	ck_assert_str_eq(v.other_value, "6");
	ck_assert_str_eq(f->conn, "a");
	ck_assert_uint_eq(f->place.line, 5);
	ck_assert_ptr_nonnull(strstr(f->text, "/etc/ipsec.conf:2"));
	ck_assert(!value_of(c, "b", "mtu").conflict);
}
END_TEST

START_TEST(keys_have_one_documented_name)
{
	_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, ""), *c5 = conf_of(v5, "");

	ck_assert_str_eq(ipsec_conf_key(c4, "Phase2Alg"), "esp");
	ck_assert_str_eq(ipsec_conf_key(c4, "ah"), "esp");
	ck_assert_str_eq(ipsec_conf_key(c4, "KeyLife"), "salifetime");
	ck_assert_str_eq(ipsec_conf_key(c4, "left"), "left");
	ck_assert_str_eq(ipsec_conf_key(c4, "RightID"), "rightid");
	ck_assert_str_eq(ipsec_conf_key(c4, "id"), "rightid"); /* as the parser has it */
	ck_assert_str_eq(ipsec_conf_key(c5, "left-id"), "leftid");
	ck_assert_ptr_null(ipsec_conf_key(c4, "left-id"));
	ck_assert_ptr_null(ipsec_conf_key(c5, "left--id"));
	ck_assert_ptr_null(ipsec_conf_key(c5, "leftike"));
	ck_assert_ptr_null(ipsec_conf_key(c4, "also"));
	ck_assert_ptr_null(ipsec_conf_key(c4, "uniqueids"));
	ck_assert_ptr_null(ipsec_conf_key(c4, ""));
	ck_assert_ptr_null(ipsec_conf_key(c5, "dpdaction"));
	ck_assert_str_eq(ipsec_conf_key(c4, "dpdaction"), "dpdaction");
}
END_TEST

START_TEST(config_setup_says_what_stands_last)
{
	static const char text[] = "config setup\n\tlogfile=/var/log/first.log\n\tuniqueids=no\n"
				   "conn a\n\tauto=add\n"
				   "config setup\n\tPlutoStdErrLog=\"/srv/last one.log\"\n";
	_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, text), *none = conf_of(v4, "conn a\n");

	ck_assert_str_eq(ipsec_conf_setup_value(c4, "logfile"), "/srv/last one.log");
	ck_assert_str_eq(ipsec_conf_setup_value(c4, "LogFile"), "/srv/last one.log");
	ck_assert_str_eq(ipsec_conf_setup_value(c4, "uniqueids"), "no");
	ck_assert_ptr_null(ipsec_conf_setup_value(c4, "logtime"));
	ck_assert_ptr_null(ipsec_conf_setup_value(c4, "auto"));
	ck_assert_ptr_null(ipsec_conf_setup_value(c4, "nosuchkey"));
	ck_assert_ptr_null(ipsec_conf_setup_value(none, "logfile"));
}
END_TEST

START_TEST(values_that_mean_the_same)
{
	static const struct {
		unsigned major;
		const char *key, *a, *b;
		bool same;
	} rows[] = {
		{ 4, "pfs", "yes", "true", true },
		{ 4, "pfs", "on", "no", false },
		{ 4, "nic-offload", "yes", "YES", true },
		{ 4, "nic-offload", "yes", "crypto", false },
		{ 5, "nic-offload", "yes", "crypto", true },
		{ 5, "nic-offload", "yes", "packet", false },
		{ 5, "esn", "yes", "true", true },
		{ 4, "auto", "start", "up", true },
		{ 5, "auto", "route", "ondemand", true },
		{ 4, "mtu", "1500", "01500", true },
		{ 4, "mtu", "1500", "1501", false },
		{ 4, "salifetime", "1h", "3600", true },
		{ 4, "salifetime", "1h", "1m", false },
		{ 5, "ikev2", "insist", "yes", true },
		{ 4, "ikev2", "insist", "yes", false },
		{ 4, "esp", "aes", "AES", false },
		{ 4, "esp", "aes", "aes", true },
		{ 4, "salifetime", "0.5h", "30m", true },
		{ 4, "retransmit-interval", "500", "0.5s", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(ipsec_conf_same_value((struct libreswan_version){ rows[i].major, 10 },
						    rows[i].key, rows[i].a,
						    rows[i].b) == rows[i].same,
			      "%s: %s and %s", rows[i].key, rows[i].a, rows[i].b);
}
END_TEST

START_TEST(networkmanager_owns_what_it_names_or_marks)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v4,
			"conn 0a1b2c3d-1111-2222-3333-0123456789ab\nconn b\n\tnm-configured=yes\n"
			"conn c\n\tnm-configured=no\nconn 0a1b2c3d-1111-2222-3333-0123456789abc\n");

	ck_assert(ipsec_conf_nm_owned(c, ipsec_conf_conn(c, 0)));
	ck_assert(ipsec_conf_nm_owned(c, ipsec_conf_conn(c, 1)));
	ck_assert(!ipsec_conf_nm_owned(c, ipsec_conf_conn(c, 2)));
	ck_assert(!ipsec_conf_nm_owned(c, ipsec_conf_conn(c, 3)));
}
END_TEST

START_TEST(versions_are_found_in_what_ipsec_says)
{
	static const struct {
		const char *text;
		unsigned major, minor; /* 0: none */
	} rows[] = { { "Libreswan 4.10\n", 4, 10 },
		     { "Linux Libreswan 5.2 (XFRM) on 6.1.0-18-amd64\n", 5, 2 },
		     { "Linux Libreswan U4.9/K6.1 on x\n", 4, 9 },
		     { "5.2.1", 5, 2 },
		     { "Libreswan", 0, 0 },
		     { "4", 0, 0 },
		     { "4.", 0, 0 },
		     { "", 0, 0 },
		     { "99999999999999999999.1", 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct libreswan_version v = { 0 };

		ck_assert_int_eq(libreswan_version_parse(rows[i].text, &v),
				 rows[i].major ? 0 : -EINVAL);
		ck_assert_uint_eq(v.major, rows[i].major);
		ck_assert_uint_eq(v.minor, rows[i].minor);
	}
}
END_TEST

START_TEST(every_code_and_origin_has_a_word)
{
	for (int i = 0; i < _IPSEC_CONF_CODE_MAX; i++)
		ck_assert_ptr_nonnull(ipsec_conf_code_name((enum ipsec_conf_code)i));
	for (int i = 0; i < _IPSEC_CONF_REFUSED_MAX; i++)
		ck_assert_ptr_nonnull(ipsec_conf_refusal_name((enum ipsec_conf_refusal)i));
	for (int i = IPSEC_CONF_UNSET; i <= IPSEC_CONF_OWN; i++)
		ck_assert_ptr_nonnull(ipsec_conf_origin_name((enum ipsec_conf_origin)i));
	ck_assert_ptr_null(ipsec_conf_code_name(_IPSEC_CONF_CODE_MAX));
	ck_assert_str_eq(ipsec_conf_severity_name(IPSEC_CONF_FATAL), "fatal");
}
END_TEST

START_TEST(a_chain_of_a_hundred_thousand_conns_takes_no_longer_than_it_should)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	for (int i = 0; i < 100000; i++)
		text_printf(&text, "conn b%d\n\talso=b%d\n", i, i + 1);
	text_add(&text, "conn b100000\n\tike=x\n");
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v5, text.data);
	ck_assert_str_eq(value_of(c, "b0", "ike").value, "x");
	ck_assert_uint_eq(value_of(c, "b0", "ike").n_via, 100000);
}
END_TEST

/* They are looked up by halving. */
START_TEST(the_keys_are_in_the_order_of_their_names_and_each_is_found)
{
	for (size_t i = 0; i < ipsec_n_keys; i++) {
		const struct ipsec_key *key = &ipsec_keys[i];
		enum ipsec_end end;
		uint16_t found;

		if (i > 0)
			ck_assert_msg(strcmp(ipsec_keys[i - 1].name, key->name) < 0,
				      "\"%s\" stands behind \"%s\"", key->name,
				      ipsec_keys[i - 1].name);
		for (const char *c = key->name; *c; c++)
			ck_assert(*c < 'A' || *c > 'Z');
		for (int major = 0; major <= 1; major++) {
			struct libreswan_version v = major ? v5 : v4;
			bool has = ipsec_key_kind(v, key) != IPSEC_KEY_NONE;

			ck_assert(ipsec_key_find(v, key->name, strlen(key->name), &found, &end) ==
				  has);
			if (has)
				ck_assert_uint_eq(found, i);
		}
		if (key->field)
			ck_assert_str_eq(ipsec_keys[ipsec_key_field((uint16_t)i)].name, key->field);
		else
			ck_assert_uint_eq(ipsec_key_field((uint16_t)i), i);
	}
}
END_TEST

START_TEST(no_other_word_is_a_key)
{
	static const char *const none[] = {
		"a", "zzz", "es", "espp", "left--id", "leftike", "lef"
	};
	static const char with_nul[] = { 'e', 's', 'p', '\0' };
	enum ipsec_end end;
	uint16_t key;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ck_assert(!ipsec_key_find(v5, none[i], strlen(none[i]), &key, &end));
	ck_assert(!ipsec_key_find(v5, with_nul, sizeof(with_nul), &key, &end));
	ck_assert(ipsec_key_find(v5, "EsP", 3, &key, &end));
	ck_assert_str_eq(ipsec_keys[key].name, "esp");
}
END_TEST

UNIT_MAIN("ipsec-conf-values", a_key_that_stands_twice,
	  the_default_section_is_below_all_others_wherever_it_stands, also_in_the_default_section,
	  also_is_as_strong_as_own_keys, also_goes_round_in_circles_without_harm,
	  the_targets_of_also, a_long_chain_of_also_is_given_up_in_4_x_only,
	  a_bare_number_is_no_text_in_4_x, an_invalid_line_is_as_if_it_were_not_there_in_5_x,
	  lists_grow_with_each_line_and_from_everywhere, subnets_give_one_name_for_each_pair,
	  each_value_tells_where_it_comes_from, the_built_in_values_are_those_of_the_version,
	  all_values_come_in_the_order_of_their_strength, a_conflict_names_both_lines,
	  keys_have_one_documented_name, values_that_mean_the_same,
	  config_setup_says_what_stands_last, networkmanager_owns_what_it_names_or_marks,
	  versions_are_found_in_what_ipsec_says, every_code_and_origin_has_a_word,
	  the_keys_are_in_the_order_of_their_names_and_each_is_found, no_other_word_is_a_key,
	  a_chain_of_a_hundred_thousand_conns_takes_no_longer_than_it_should)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-texts.h"

/*
 * What is a conn and what is not, in both versions. "-" is a set of which nothing is loaded. Each
 * row was tried with the addconn of 4.10 and of 5.2.
 */
struct row {
	const char *text;
	const char *names_4;
	const char *names_5;
};

/* Both versions agree. */
#define SAME(text, names)                                                                          \
	{                                                                                          \
		text, names, names                                                                 \
	}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, rows[i].text);
		_cleanup_conf_ struct ipsec_conf *c5 = conf_of(v5, rows[i].text);
		_cleanup_free_ char *n4 = names_of(c4), *n5 = names_of(c5);

		ck_assert_msg(streq(n4, rows[i].names_4), "4.10 reads \"%s\" as \"%s\", not \"%s\"",
			      rows[i].text, rows[i].names_4, n4);
		ck_assert_msg(streq(n5, rows[i].names_5), "5.2 reads \"%s\" as \"%s\", not \"%s\"",
			      rows[i].text, rows[i].names_5, n5);
	}
}

#define CHECK_ROWS(...)                                                                            \
	do {                                                                                       \
		const struct row rows[] = { __VA_ARGS__ };                                         \
		check_rows(rows, ARRAY_SIZE(rows));                                                \
	} while (0)

START_TEST(headers_stand_at_the_begin_of_a_line_and_in_lower_case)
{
	CHECK_ROWS(SAME("conn a\n", "a"), SAME("\tconn a\n", "-"), SAME(" config setup\n", "-"),
		   SAME("Conn a\n", "-"), SAME("CONN a\n", "-"), SAME("Config setup\n", "-"),
		   SAME("config setup\n\tuniqueids=no\nconn a\n", "a"),
		   SAME("config\tsetup\nconn a\n", "a"), SAME("config setupx\n", "-"),
		   SAME("config\nconn a\n", "-"), SAME("conn\n", "-"), SAME("conn \n", "-"),
		   SAME("include\n", "-"), SAME("conn a\n include x\n", "-"));
}
END_TEST

START_TEST(keys_are_indented_one_a_line_and_in_any_case)
{
	CHECK_ROWS(SAME("conn a\n\tIKE=x\n  Esp=y\n \tLEFTID=@z\n", "a"),
		   SAME("conn a\nike=x\n", "-"), SAME("\tike=x\n", "-"),
		   SAME("conn a\n\tike=x esp=y\n", "-"), SAME("conn a\n\tike = x\n", "a"),
		   SAME("conn a\n\tike\t=\tx\n", "a"), SAME("conn a\n\tike\n", "-"),
		   SAME("conn a\n\t=x\n", "-"), SAME("conn a\n\tike=x y\n", "-"),
		   SAME("conn a\n\tbogus=x\n", "-"), SAME("conn a\n\tike x=y\n", "a"),
		   SAME("conn a\n\tversion=2\n", "-"));
}
END_TEST

START_TEST(neither_blank_lines_nor_comments_end_a_section)
{
	CHECK_ROWS(SAME("conn a\n# c\n\tpfs=no\n", "a"),
		   SAME("conn a\n\n  \n\t\n\t# c\n\tpfs=no\n", "a"),
		   SAME("conn a\n  # c\n\n   \n\tpfs=no\nconn b\n", "a b"),
		   SAME("config setup\n#\n\n\tuniqueids=no\n", ""));
}
END_TEST

START_TEST(a_comment_after_a_value_needs_blanks_around)
{
	CHECK_ROWS(SAME("conn a\n\tpfs=yes # why\n", "a"), SAME("conn a\n\tpfs=yes #why\n", "-"),
		   SAME("conn a #foo\n", "-"), SAME("conn a # foo\n", "a"),
		   SAME("conn a#foo\n", "a#foo"), SAME("conn a\n\tike=yes#x\n", "a"),
		   SAME("conn a\n\tike=x #\n", "-"), SAME("conn a\n\tike=x #a=b\n", "a"),
		   SAME("conn a\n\tike=x #a\"\n", "a"), SAME("config setup # x\nconn a\n", "a"),
		   SAME("config setup #x\n", "-"), SAME("; x\n", "-"), SAME("// x\n", "-"),
		   SAME("conn a\n\t; x\n", "-"), SAME("conn #a\n", "#a"),
		   SAME("conn a\n\tike=#c\n", "a"), SAME("conn a\n\tike= # c\n", "-"));
}
END_TEST

START_TEST(a_comment_in_the_last_line_is_one_only_with_a_newline_or_a_blank)
{
	CHECK_ROWS(SAME("conn a\n#x\n", "a"), SAME("conn a\n#x", "-"), SAME("conn a\n# x", "a"),
		   SAME("conn a\n\t#x", "-"), SAME("conn a\n\t# x", "a"), SAME("#", "-"),
		   SAME("conn a\n#=", "a"));
}
END_TEST

START_TEST(names_are_bare_quoted_or_braced_and_the_longest_match_wins)
{
	CHECK_ROWS(SAME("conn \"a b\"\n", "a b"), SAME("conn {a b}\n", "a b"),
		   SAME("conn 'a'\n", "'a'"), SAME("conn \"a\n", "\"a"),
		   SAME("conn a\"b\n", "a\"b"), SAME("conn \"a\"b\n", "\"a\"b"),
		   SAME("conn a{b\n", "a{b"), SAME("conn {a}b}\n", "a}b"),
		   SAME("conn {a} # }\n", "a} # "), SAME("conn\"a\"\n", "a"),
		   SAME("conn{a}\n", "-"), SAME("conn=a\n", "=a"), SAME("conn a=b\n", "a=b"),
		   SAME("conn a b\n", "-"), SAME("conn \"a b\n", "-"), SAME("conn \"\"\n", ""),
		   SAME("conn include\n", "include"), SAME("conn {\"a\"}\n", "-"));
}
END_TEST

START_TEST(a_number_is_no_name_in_4_x)
{
	CHECK_ROWS({ "conn 5\n", "-", "5" }, SAME("conn 5a\n", "5a"), SAME("conn \"5\"\n", "5"),
		   { "conn %forever\n", "-", "0" }, SAME("conn %foreverx\n", "%foreverx"));
}
END_TEST

START_TEST(values_take_the_longest_match)
{
	static const struct {
		const char *written;
		const char *value; /* NULL: a syntax error */
	} rows[] = {
		{ "x", "x" },
		{ "\"x y\"", "x y" },
		{ "{x y}", "x y" },
		{ "'x'", "'x'" },
		{ "\"x\"#c", "\"x\"#c" },
		{ "\"@foo\"bar", "\"@foo\"bar" },
		{ "\"x\" # c", "x" },
		{ "\"x", "\"x" },
		{ "\"x y", NULL },
		{ "x\"y", "x\"y" },
		{ "x\"y z", NULL },
		{ "{x", "{x" },
		{ "{x y", NULL },
		{ "{x}", "x" },
		{ "{x}y", "{x}y" },
		{ "{x} y}", "x} y" },
		{ "{x} # }", "x} # " },
		{ "{\"x\"}", NULL },
		{ "x=y", "x=y" },
		{ "=x", "=x" },
		{ " =x", "=x" },
		{ "x, y", NULL },
		{ "x#y", "x#y" },
		{ "\"x\" y", NULL },
		{ "x ", "x" },
		{ "\"\"x", "\"\"x" },
		{ "}", "}" },
		{ "\"%forever\"", "%forever" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct libreswan_version versions[] = { v4, v5 };

		for (size_t j = 0; j < ARRAY_SIZE(versions); j++) {
			_cleanup_text_ struct text text = TEXT_NULL;

			text_printf(&text, "conn a\n\tike=%s\n", rows[i].written);
			_cleanup_conf_ struct ipsec_conf *c = conf_of(versions[j], text.data);

			ck_assert_msg(ipsec_conf_is_broken(c) == !rows[i].value, "%s",
				      rows[i].written);
			if (rows[i].value)
				ck_assert_str_eq(value_of(c, "a", "ike").value, rows[i].value);
		}
	}
}
END_TEST

START_TEST(carriage_returns_become_part_of_names_and_values)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn a\r\n\tike=x\r\n");

	ck_assert_str_eq(ipsec_conf_conn(c, 0)->name, "a\r");
	ck_assert_str_eq(value_of(c, "a\r", "ike").value, "x\r");
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_BYTES));
	CHECK_ROWS(SAME("conn a\n\r\n", "-"), SAME("\r\n", "-"),
		   { "conn a\n\tpfs=no\r\n", "-", "a" });
}
END_TEST

START_TEST(marks_and_strange_blanks_are_errors)
{
	CHECK_ROWS(SAME("\xef\xbb\xbf"
			"conn a\n",
			"-"),
		   SAME("conn a\n\xc2\xa0\tike=x\n", "-"), SAME("conn a\n\v\n", "-"),
		   SAME("conn a\n\f", "-"));
}
END_TEST

START_TEST(a_nul_ends_names_and_values)
{
	static const char text[] = "conn a\0b\n\tike=x\0y\n\tesp=\"vw\0z\"\n";
	_cleanup_conf_ struct ipsec_conf *c = conf_of_bytes(v4, text, sizeof(text) - 1, NULL);

	ck_assert(!ipsec_conf_is_broken(c));
	ck_assert_str_eq(ipsec_conf_conn(c, 0)->name, "a");
	ck_assert_str_eq(value_of(c, "a", "ike").value, "x");
	ck_assert_str_eq(value_of(c, "a", "esp").value, "v"); /* the last character goes */
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_BYTES));
}
END_TEST

START_TEST(the_end_of_a_file_and_long_lines_are_no_trouble)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	CHECK_ROWS(SAME("", ""), SAME("conn a", "a"), SAME("conn a\n\tike=x", "a"),
		   SAME("conn a\n\t", "a"), SAME("   ", "-"), SAME("   \n", ""),
		   SAME("conn a\n\tike=", "a"), SAME("conn a\n\tike", "-"));
	text_add(&text, "conn a\n\tike=");
	for (int i = 0; i < 20000; i++)
		text_add_char(&text, 'x');
	text_add(&text, "\n\tesp=y\n");
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, text.data);
	ck_assert_uint_eq(strlen(value_of(c, "a", "ike").value), 20000);
	ck_assert_str_eq(value_of(c, "a", "esp").value, "y");
}
END_TEST

START_TEST(a_version_is_taken_at_the_begin_only)
{
	CHECK_ROWS(SAME("version 2\nconn a\n", "a"), SAME("\n# c\nversion 2.0\nconn a\n", "a"),
		   SAME("version \"2\"\nconn a\n", "a"), SAME("conn a\nversion 2\n", "-"),
		   SAME("version 2\nversion 2\n", "-"), SAME("version\nconn a\n", "-"),
		   SAME("version 2 3\n", "-"), { "version 2.0 3\n", "", "-" });
}
END_TEST

START_TEST(own_keys_begin_with_x_and_mean_nothing)
{
	CHECK_ROWS(SAME("conn a\n\tx-foo=bar\n\tx-foo=baz\n\tX_foo = a b # c\n", "a"),
		   { "conn a\n\tx-foo\n", "-", "a" }, { "conn a\n\tx-=1\n", "a", "-" },
		   SAME("conn a\n\txfoo=bar\n", "-"));
	/* These end addconn with a segmentation fault, and a failed assertion. */
	CHECK_ROWS({ "conn %default\n\tx-foo=bar\n", "-", "" },
		   { "conn %default\n\tconnalias=b\nconn a\n", "-", "a" });
}
END_TEST

START_TEST(an_own_key_without_a_value_swallows_the_next_line_in_4_x)
{
	static const char text[] = "conn a\n\tx-foo=\n\n\tike=x\n\tesp=y\n";
	_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, text);
	_cleanup_conf_ struct ipsec_conf *c5 = conf_of(v5, text);

	ck_assert_str_eq(value_of(c4, "a", "ike").value, "");
	ck_assert_str_eq(value_of(c4, "a", "esp").value, "y");
	ck_assert_int_eq(finding_of(c4, IPSEC_CONF_IGNORED)->place.line, 4);
	ck_assert_str_eq(value_of(c5, "a", "ike").value, "x");
	CHECK_ROWS({ "conn a\n\tx-foo=\n", "-", "a" });
}
END_TEST

START_TEST(the_yes_and_no_of_4_x_are_found_anywhere_in_the_line)
{
	CHECK_ROWS(SAME("conn a\n\tpfs=yes\n", "a"), { "conn a\n\tpfs=Yes\n", "-", "a" },
		   { "conn a\n\tpfs=1\n", "-", "a" }, SAME("conn a\n\tpfs=xyes\n", "a"),
		   { "conn a\n\tpfs=maybe\n", "-", "a" }, SAME("conn a\n\tpfs=\"yes\"\n", "a"),
		   { "conn a\n\tpfs={yes}\n", "-", "a" }, { "conn a\n\tpfs=yes;\n", "-", "a" },
		   { "conn a\n\tpfs=\n", "-", "a" }, { "conn a\n\tpfs=\r\n", "-", "a" });
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn a\n\tpfs=# no yes\n\tike=x\n");

	ck_assert(ipsec_conf_is_broken(c));
}
END_TEST

START_TEST(a_bad_word_fails_everything_in_4_x_and_its_line_in_5_x)
{
	static const char text[] = "conn a\n\tauto=later\nconn b\n";
	_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, text), *c5 = conf_of(v5, text);
	_cleanup_conf_ struct ipsec_conf *c54 = conf_of((struct libreswan_version){ 5, 4 }, text);

	ck_assert(ipsec_conf_is_broken(c4));
	ck_assert_int_eq(finding_of(c4, IPSEC_CONF_BAD_VALUE)->severity, IPSEC_CONF_FATAL);
	ck_assert(!ipsec_conf_is_broken(c5));
	ck_assert_int_eq(finding_of(c5, IPSEC_CONF_BAD_VALUE)->severity, IPSEC_CONF_WARNING);
	ck_assert_str_eq(value_of(c5, "a", "auto").value, "ignore");
	ck_assert_int_eq(finding_of(c54, IPSEC_CONF_BAD_VALUE)->severity, IPSEC_CONF_ERROR);
	ck_assert_str_eq(finding_of(c54, IPSEC_CONF_BAD_VALUE)->conn, "a");
	CHECK_ROWS(SAME("conn a\n\tauto=\"start\"\n", "a"),
		   { "conn a\n\tauto=start,add\n", "-", "a" }, SAME("conn a\n\tAUTO=Start\n", "a"),
		   SAME("conn a\n\tnic-offload=1\n", "a"));
}
END_TEST

START_TEST(the_values_of_nic_offload_are_those_of_the_version)
{
	CHECK_ROWS({ "conn a\n\tnic-offload=crypto\n", "-", "a" },
		   { "conn a\n\tnic-offload=packet\n", "-", "a" },
		   { "conn a\n\tnic-offload=true\n", "-", "a" });
	static const struct {
		const char *written, *v4, *v5;
	} rows[] = { { "yes", "yes", "yes" },      { "no", "no", "no" },
		     { "Auto", "Auto", "no" },     { "crypto", NULL, "crypto" },
		     { "packet", NULL, "packet" }, { "on", NULL, "no" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_text_ struct text text = TEXT_NULL;

		text_printf(&text, "conn a\n\tnic-offload=%s\n", rows[i].written);
		_cleanup_conf_ struct ipsec_conf *c4 = conf_of(v4, text.data);
		_cleanup_conf_ struct ipsec_conf *c5 = conf_of(v5, text.data);

		ck_assert_int_eq(ipsec_conf_is_broken(c4), !rows[i].v4);
		if (rows[i].v4)
			ck_assert_str_eq(value_of(c4, "a", "nic-offload").value, rows[i].v4);
		ck_assert_str_eq(value_of(c5, "a", "nic-offload").value, rows[i].v5);
	}
}
END_TEST

START_TEST(keys_of_one_version_only)
{
	CHECK_ROWS({ "conn a\n\tkeyexchange=ikev2\n", "-", "a" },
		   { "conn a\n\tkeyexchange=ikev1\n", "-", "a" },
		   { "conn a\n\tiptfs=no\n", "-", "a" }, { "conn a\n\tppk-ids=x\n", "-", "a" },
		   { "conn a\n\tleft-interface-ip=1.2.3.4/24\n", "-", "a" },
		   { "conn a\n\tleft-id=@x\n", "-", "a" }, { "conn a\n\talsoflip=b\n", "a", "-" },
		   SAME("conn a\n\tah=sha1\n", "a"), { "config setup\n\tike=x\n", "-", "" });
}
END_TEST

START_TEST(unknown_keys_of_versions_not_looked_at_are_no_error)
{
	const struct libreswan_version later = { 5, 9 }, earlier = { 4, 3 };
	_cleanup_conf_ struct ipsec_conf *c = conf_of(later, "conn a\n\tbogus=x\n\tike=y\n");
	_cleanup_conf_ struct ipsec_conf *d = conf_of(earlier, "conn a\n\tbogus=x\n\tike=y\n");

	ck_assert(!ipsec_conf_is_broken(c) && !ipsec_conf_is_broken(d));
	ck_assert_int_eq(finding_of(c, IPSEC_CONF_UNKNOWN_KEY)->severity, IPSEC_CONF_WARNING);
	ck_assert_str_eq(value_of(c, "a", "ike").value, "y");
}
END_TEST

START_TEST(a_key_of_some_builds_only_is_no_error)
{
	static const struct libreswan_version versions[] = { { 4, 12 }, { 5, 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		_cleanup_conf_ struct ipsec_conf *c =
			conf_of(versions[i], "config setup\n\tseccomp=tolerant\nconn a\n\tike=y\n");
		const struct ipsec_conf_finding *f = finding_of(c, IPSEC_CONF_UNKNOWN_KEY);

		ck_assert(!ipsec_conf_is_broken(c));
		ck_assert_int_eq(f->severity, IPSEC_CONF_WARNING);
		ck_assert_ptr_nonnull(strstr(f->text, "built with it"));
		ck_assert_str_eq(value_of(c, "a", "ike").value, "y");
	}
}
END_TEST

START_TEST(faults_have_their_place_and_do_not_hide_later_ones)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v4, "conn a\n\tike=x y\nConn b\n\tlost=1\nconn c\n\tesp=z #w\n");
	const struct ipsec_conf_finding *f = ipsec_conf_finding(c, 0);

	ck_assert_uint_eq(ipsec_conf_n_findings(c), 3);
	ck_assert_uint_eq(f->place.line, 2);
	ck_assert_uint_eq(f->place.column, 8);
	ck_assert_uint_eq(ipsec_conf_finding(c, 1)->place.line, 3);
	ck_assert_uint_eq(ipsec_conf_finding(c, 1)->place.column, 1);
	ck_assert_uint_eq(ipsec_conf_finding(c, 2)->place.line, 6);
	ck_assert_uint_eq(ipsec_conf_finding(c, 2)->place.column, 8);
	ck_assert_str_ne(f->text, "");
	ck_assert_str_ne(f->remedy, "");
	ck_assert_ptr_nonnull(ipsec_conf_find(c, "c"));
}
END_TEST

START_TEST(a_second_definition_is_a_finding_and_is_counted)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn a\nconn b\nconn a\nconn a\n");
	_cleanup_free_ char *names = names_of(c);

	ck_assert_str_eq(names, "a b a a");
	ck_assert_uint_eq(ipsec_conf_find(c, "a")->n_definitions, 3);
	ck_assert_uint_eq(ipsec_conf_conn(c, 3)->n_definitions, 3);
	ck_assert_uint_eq(ipsec_conf_conn(c, 3)->first, 0);
	ck_assert_uint_eq(ipsec_conf_find(c, "b")->n_definitions, 1);
	ck_assert_int_eq(finding_of(c, IPSEC_CONF_DUPLICATE_CONN)->place.line, 3);
	ck_assert_ptr_null(ipsec_conf_find(c, "A"));
	ck_assert_ptr_null(ipsec_conf_find(c, "%default"));
}
END_TEST

START_TEST(patterns_match_each_name_once_and_an_exact_name_is_itself)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v5, "conn web-1\nconn web-2\nconn db\nconn web-1\nconn web-*\n");
	const struct ipsec_conf_conn *m = ipsec_conf_match(c, "web-?", NULL);

	ck_assert_str_eq(m->name, "web-1");
	m = ipsec_conf_match(c, "web-?", m);
	ck_assert_str_eq(m->name, "web-2");
	m = ipsec_conf_match(c, "web-?", m);
	ck_assert_str_eq(m->name, "web-*");
	ck_assert_ptr_null(ipsec_conf_match(c, "web-?", m));
	m = ipsec_conf_match(c, "web-*", NULL);
	ck_assert_str_eq(m->name, "web-*");
	ck_assert_ptr_null(ipsec_conf_match(c, "web-*", m));
	ck_assert_ptr_null(ipsec_conf_match(c, "WEB-?", NULL));
}
END_TEST

UNIT_MAIN("ipsec-conf-read", headers_stand_at_the_begin_of_a_line_and_in_lower_case,
	  keys_are_indented_one_a_line_and_in_any_case,
	  neither_blank_lines_nor_comments_end_a_section,
	  a_comment_after_a_value_needs_blanks_around,
	  a_comment_in_the_last_line_is_one_only_with_a_newline_or_a_blank,
	  names_are_bare_quoted_or_braced_and_the_longest_match_wins, a_number_is_no_name_in_4_x,
	  values_take_the_longest_match, carriage_returns_become_part_of_names_and_values,
	  marks_and_strange_blanks_are_errors, a_nul_ends_names_and_values,
	  the_end_of_a_file_and_long_lines_are_no_trouble, a_version_is_taken_at_the_begin_only,
	  own_keys_begin_with_x_and_mean_nothing,
	  an_own_key_without_a_value_swallows_the_next_line_in_4_x,
	  the_yes_and_no_of_4_x_are_found_anywhere_in_the_line,
	  a_bad_word_fails_everything_in_4_x_and_its_line_in_5_x,
	  the_values_of_nic_offload_are_those_of_the_version, keys_of_one_version_only,
	  unknown_keys_of_versions_not_looked_at_are_no_error,
	  a_key_of_some_builds_only_is_no_error, faults_have_their_place_and_do_not_hide_later_ones,
	  a_second_definition_is_a_finding_and_is_counted,
	  patterns_match_each_name_once_and_an_exact_name_is_itself)

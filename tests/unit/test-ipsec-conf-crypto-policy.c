/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "conf-texts.h"

#define INCLUDE "include /etc/crypto-policies/back-ends/libreswan.config\n"
#define BEFORE  "config setup\n\n# if it exists, include system wide crypto-policy defaults\n"
#define AFTER   "\nconn a\n\tleft=1.2.3.4\n"

static struct ipsec_conf_edit *edit;

static int plan_of(const char *text, const struct text_file *files, bool on)
{
	struct ipsec_conf *conf = conf_of_files(v4, text, files);
	int r;

	edit = ipsec_conf_edit_free(edit);
	r = ipsec_conf_plan_crypto_policy(conf, on, &edit);
	ipsec_conf_free(conf);
	return r;
}

static int plan(const char *text, bool on)
{
	return plan_of(text, NULL, on);
}

static void becomes(const char *text, bool on, const char *expected)
{
	ck_assert_int_eq(plan(text, on), IPSEC_CONF_PLANNED);
	ck_assert_uint_eq(edit->len, strlen(expected));
	ck_assert_str_eq(edit->bytes, expected);
}

START_TEST(the_one_line_becomes_a_comment_and_a_line_again)
{
	becomes(BEFORE INCLUDE AFTER, false, BEFORE "#" INCLUDE AFTER);
	ck_assert_uint_eq(edit->place.line, 4);
	becomes(BEFORE "#" INCLUDE AFTER, true, BEFORE INCLUDE AFTER);
	becomes(BEFORE "# \t" INCLUDE AFTER, true, BEFORE INCLUDE AFTER);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(a_last_line_without_a_newline_is_a_line)
{
	becomes("include /etc/crypto-policies/back-ends/libreswan.config", false,
		"#include /etc/crypto-policies/back-ends/libreswan.config");
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(what_is_so_already_is_left_alone)
{
	ck_assert_int_eq(plan(BEFORE INCLUDE AFTER, true), IPSEC_CONF_ALREADY);
	ck_assert_int_eq(plan(BEFORE "#" INCLUDE "#" INCLUDE AFTER, false), IPSEC_CONF_ALREADY);
	ck_assert_int_eq(plan(BEFORE INCLUDE "#" INCLUDE AFTER, true), IPSEC_CONF_ALREADY);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(of_several_comments_the_first_is_restored_and_of_several_lines_none_stays)
{
	becomes("#" INCLUDE "#" INCLUDE, true, INCLUDE "#" INCLUDE);
	becomes(INCLUDE AFTER INCLUDE, false, "#" INCLUDE AFTER "#" INCLUDE);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(other_includes_and_words_about_it_are_no_such_line)
{
	ck_assert_int_eq(plan("include /etc/ipsec.d/*.conf\n# see /etc/crypto-policies/ for\n"
			      "#\tinclude /etc/ipsec.d/*.conf\n",
			      false),
			 IPSEC_CONF_ALREADY);
	ck_assert_int_eq(plan("include /etc/ipsec.d/*.conf\n# see /etc/crypto-policies/ for\n",
			      true),
			 IPSEC_CONF_REFUSED);
	ck_assert_ptr_nonnull(strstr(edit->remedy, "Add to /etc/ipsec.conf"));
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(a_file_with_carriage_returns_is_not_edited)
{
	ck_assert_int_eq(plan(INCLUDE "# x\r\n", false), IPSEC_CONF_REFUSED);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(what_a_second_file_would_keep_in_force_is_not_left)
{
	struct text_file files[] = { { "/etc/ipsec.d/b.conf", "# b\n" INCLUDE, 0, 0 }, { 0 } };

	ck_assert_int_eq(plan_of(INCLUDE "include /etc/ipsec.d/*.conf\n", files, false),
			 IPSEC_CONF_REFUSED);
	ck_assert_ptr_nonnull(strstr(edit->reason, "/etc/ipsec.d/b.conf:2 includes"));
	ck_assert_uint_eq(edit->place.line, 2);

	/* The second file alone is edited, and a comment there keeps nothing. */
	ck_assert_int_eq(plan_of("#" INCLUDE "include /etc/ipsec.d/*.conf\n", files, false),
			 IPSEC_CONF_PLANNED);
	ck_assert_uint_eq(edit->file, 1);
	files[0].bytes = "#" INCLUDE;
	ck_assert_int_eq(plan_of(INCLUDE "include /etc/ipsec.d/*.conf\n", files, false),
			 IPSEC_CONF_PLANNED);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(a_policy_that_a_pattern_includes_is_not_said_to_be_off)
{
	const struct text_file files[] = {
		{ "/etc/crypto-policies/back-ends/libreswan.config", "conn %default\n", 0, 0 },
		{ 0 },
	};
	const char *text = "include /etc/crypto-polic*/back-ends/*.config\n";

	ck_assert_int_eq(plan_of(text, files, false), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(plan_of(INCLUDE, files, false), IPSEC_CONF_PLANNED);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

START_TEST(a_pattern_beside_the_line_would_keep_it_in_force)
{
	static const char *const patterns[] = {
		"include /etc/crypto-polic*/back-ends/*.config\n",
		"include \"/etc/crypto-polic?es/back-ends/libreswan.config\"\n",
		"include /etc/crypto-{policies,other}/back-ends/libreswan.config\n",
	};
	const struct text_file files[] = {
		{ "/etc/crypto-policies/back-ends/libreswan.config", "conn %default\n", 0, 0 },
		{ "/etc/ipsec.d/b.conf", "# b\n", 0, 0 },
		{ 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char text[256];

		for (unsigned int before = 0; before < 2; before++) {
			snprintf(text, sizeof(text), "%s%s%s", before ? patterns[i] : "", INCLUDE,
				 before ? "" : patterns[i]);
			ck_assert_int_eq(plan_of(text, files, false), IPSEC_CONF_REFUSED);
			ck_assert_uint_eq(edit->place.line, before ? 1 : 2);
			ck_assert_ptr_nonnull(strstr(edit->reason, "would keep it in force"));
		}
	}
	/* One that leads elsewhere keeps nothing. */
	ck_assert_int_eq(plan_of(INCLUDE "include /etc/ipsec.d/*.conf\n", files, false),
			 IPSEC_CONF_PLANNED);
	edit = ipsec_conf_edit_free(edit);
}
END_TEST

UNIT_MAIN("ipsec-conf-crypto-policy", the_one_line_becomes_a_comment_and_a_line_again,
	  a_last_line_without_a_newline_is_a_line, what_is_so_already_is_left_alone,
	  of_several_comments_the_first_is_restored_and_of_several_lines_none_stays,
	  other_includes_and_words_about_it_are_no_such_line,
	  a_file_with_carriage_returns_is_not_edited,
	  what_a_second_file_would_keep_in_force_is_not_left,
	  a_policy_that_a_pattern_includes_is_not_said_to_be_off,
	  a_pattern_beside_the_line_would_keep_it_in_force)

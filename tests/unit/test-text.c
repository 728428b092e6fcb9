/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"
#include "unit.h"

START_TEST(an_empty_text_is_the_empty_string)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *s = NULL;

	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, "");
}
END_TEST

START_TEST(a_text_grows_by_strings_bytes_and_formats)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *s = NULL;

	text_add(&t, "tx");
	text_add_char(&t, '_');
	text_add_bytes(&t, "ipsec...", 5);
	for (int i = 0; i < 3; i++)
		text_printf(&t, " %d", i);
	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, "tx_ipsec 0 1 2");
	ck_assert_uint_eq(t.len, 0);
}
END_TEST

START_TEST(a_text_that_failed_once_says_so_and_starts_anew)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char *s = NULL;

	text_add(&t, "half");
	text_add_bytes(&t, "", SIZE_MAX);
	text_add(&t, "rest");
	ck_assert_int_eq(text_take(&t, &s), -ENOMEM);
	ck_assert_ptr_null(s);

	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, "");
	free(s);
}
END_TEST

static void keeps(const char *text, size_t max, size_t max_bytes, size_t n, const char *kept)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *s = NULL;

	text_add(&t, text);
	ck_assert_uint_eq(text_keep_lines(&t, max, max_bytes), n);
	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, kept);
}

START_TEST(the_last_lines_are_kept)
{
	struct text none = TEXT_NULL;

	ck_assert_uint_eq(text_keep_lines(&none, 5, 5), 0);
	keeps("", 1, 9, 0, "");
	keeps("a\nb\nc\n", 3, 6, 3, "a\nb\nc\n");
	keeps("a\nb\nc\n", 2, 6, 2, "b\nc\n");
	keeps("a\nb\nc\n", 3, 5, 2, "b\nc\n");
	keeps("a\n\n\nc", 2, 9, 2, "\nc");
	keeps("a\nlonger\n", 9, 6, 0, "");
	keeps("a\nb\n", 0, 9, 0, "");
}
END_TEST

UNIT_MAIN("text", an_empty_text_is_the_empty_string, a_text_grows_by_strings_bytes_and_formats,
	  a_text_that_failed_once_says_so_and_starts_anew, the_last_lines_are_kept)

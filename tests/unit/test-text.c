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

UNIT_MAIN("text", an_empty_text_is_the_empty_string, a_text_grows_by_strings_bytes_and_formats,
	  a_text_that_failed_once_says_so_and_starts_anew)

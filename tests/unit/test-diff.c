/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diff.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"
#include "unit.h"

static char *diff(const char *a, const char *b)
{
	char *text = NULL;

	ck_assert_int_eq(diff_unified("a", a, strlen(a), "b", b, strlen(b), 3, &text), 0);
	return text;
}

START_TEST(equal_texts_have_no_difference)
{
	_cleanup_free_ char *none = diff("a\nb\n", "a\nb\n");
	_cleanup_free_ char *empty = diff("", "");

	ck_assert_str_eq(none, "");
	ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(a_changed_line_is_shown_with_its_neighbours)
{
	_cleanup_free_ char *text =
		diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");

	ck_assert_str_eq(text,
			 "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}
END_TEST

START_TEST(changes_far_apart_have_a_hunk_each)
{
	_cleanup_free_ char *text =
		diff("a\n1\n2\n3\n4\n5\n6\n7\n8\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\n8\nB\n");

	ck_assert_str_eq(text, "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
			       "@@ -7,4 +7,4 @@\n 6\n 7\n 8\n-b\n+B\n");
}
END_TEST

START_TEST(a_missing_newline_at_the_end_is_told)
{
	_cleanup_free_ char *text = diff("a\nb", "a\nb\nc");

	ck_assert_str_eq(text, "--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n-b\n"
			       "\\ No newline at end of file\n+b\n+c\n"
			       "\\ No newline at end of file\n");
}
END_TEST

START_TEST(a_text_from_nothing_and_to_nothing)
{
	_cleanup_free_ char *all = diff("", "a\nb\n");
	_cleanup_free_ char *none = diff("a\n", "");

	ck_assert_str_eq(all, "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	ck_assert_str_eq(none, "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n");
}
END_TEST

/* Runs patch(1) on the first text with the difference, which must give the second. */
static void check_with_patch(const char *a, const char *b)
{
	char dir[] = "/tmp/test-diff-XXXXXX", command[256], *text = diff(a, b);
	_cleanup_text_ struct text result = TEXT_NULL;
	char buffer[4096];
	size_t n;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	f = fopen("a", "w");
	fwrite(a, 1, strlen(a), f);
	fclose(f);
	f = fopen("patch", "w");
	fwrite(text, 1, strlen(text), f);
	fclose(f);
	if (*text)
		ck_assert_int_eq(system("patch -s --no-backup-if-mismatch -F0 a patch >out 2>&1"),
				 0);
	f = fopen("a", "r");
	while (f && (n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		text_add_bytes(&result, buffer, n);
	if (f)
		fclose(f);
	ck_assert_str_eq(result.data ? result.data : "", b);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
	free(text);
}

START_TEST(patch_makes_the_new_text_of_the_old_one)
{
	unsigned seed = 1;

	if (system("command -v patch >/dev/null") != 0)
		return;
	for (int i = 0; i < 60; i++) {
		_cleanup_text_ struct text a = TEXT_NULL, b = TEXT_NULL;

		for (int j = rand_r(&seed) % 40; j > 0; j--) {
			int what = rand_r(&seed) % 10;

			if (what != 0)
				text_printf(&a, "%d\n", rand_r(&seed) % 5);
			if (what == 1)
				text_printf(&b, "new %d\n", rand_r(&seed) % 5);
			else if (what != 2 && a.len > 2)
				text_add_bytes(&b, a.data + a.len - 2, 2);
		}
		if (rand_r(&seed) % 4 == 0)
			text_add(&b, "no newline");
		check_with_patch(a.data ? a.data : "", b.data ? b.data : "");
	}
}
END_TEST

START_TEST(too_many_changes_are_shown_as_one)
{
	_cleanup_text_ struct text a = TEXT_NULL, b = TEXT_NULL;
	_cleanup_free_ char *text = NULL;

	for (int i = 0; i < 3000; i++) {
		text_printf(&a, "%d\n", i);
		text_printf(&b, "%d\n", i + 10000);
	}
	text = diff(a.data, b.data);
	ck_assert_ptr_nonnull(strstr(text, "@@ -1,3000 +1,3000 @@\n-0\n-1\n"));
}
END_TEST

UNIT_MAIN("diff", equal_texts_have_no_difference, a_changed_line_is_shown_with_its_neighbours,
	  changes_far_apart_have_a_hunk_each, a_missing_newline_at_the_end_is_told,
	  a_text_from_nothing_and_to_nothing, patch_makes_the_new_text_of_the_old_one,
	  too_many_changes_are_shown_as_one)

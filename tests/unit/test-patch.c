/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patch.h"
#include "unit.h"

static struct patch make(const char *before, const char *after)
{
	struct patch p;

	ck_assert_int_eq(patch_make(before, strlen(before), after, strlen(after), &p), 0);
	return p;
}

static void ck_undone(const struct patch *p, const char *now, const char *before)
{
	char *seen = NULL;
	size_t len = 0;

	ck_assert_int_eq(patch_undo(p, now, strlen(now), &seen, &len), 0);
	ck_assert_uint_eq(len, strlen(before));
	ck_assert_str_eq(seen, before);
	free(seen);
}

static void ck_not_undone(const struct patch *p, const char *now)
{
	char *seen = NULL;
	size_t len = 0;

	ck_assert_int_eq(patch_undo(p, now, strlen(now), &seen, &len), 1);
	ck_assert_ptr_null(seen);
}

/* What a patch keeps is these lines, and taking it back gives the file of before. */
static void ck_patch(const char *before, const char *after, size_t at, const char *old_lines,
		     const char *new_lines)
{
	struct patch p = make(before, after);

	ck_assert_uint_eq(p.at, at);
	ck_assert_str_eq(p.old_bytes, old_lines);
	ck_assert_str_eq(p.new_bytes, new_lines);
	ck_undone(&p, after, before);
	patch_done(&p);
}

START_TEST(only_the_lines_that_differ_are_kept)
{
	ck_patch("a\nb\nc\n", "a\nx\nc\n", 2, "b\n", "x\n");
	ck_patch("a\nc\n", "a\nb\nc\n", 2, "", "b\n");
	ck_patch("a\nb\nc\n", "a\nc\n", 2, "b\n", "");
	ck_patch("a\n\tkey=no\nc\n", "a\n\tkey=yes\nc\n", 2, "\tkey=no\n", "\tkey=yes\n");
	ck_patch("a\n\tauto=start\n", "a\n\tnic=yes\n\tauto=start\n", 2, "", "\tnic=yes\n");
}
END_TEST

START_TEST(files_of_any_shape_are_put_back)
{
	ck_patch("", "a\n", 0, "", "a\n");
	ck_patch("a\n", "", 0, "a\n", "");
	ck_patch("a\n", "a\n", 2, "", "");
	ck_patch("a", "a\nb\n", 0, "a", "a\nb\n");
	ck_patch("a\na\na\n", "a\na\na\na\n", 6, "", "a\n");
	ck_patch("x\r\ny", "x\r\nz", 3, "y", "z");
}
END_TEST

START_TEST(bytes_of_any_kind_are_put_back)
{
	static const char before[] = "a\0b\n\xff\n", after[] = "a\0b\n\xfe\0\n";
	struct patch p;
	char *seen;
	size_t len;

	ck_assert_int_eq(patch_make(before, sizeof(before), after, sizeof(after), &p), 0);
	ck_assert_int_eq(patch_undo(&p, after, sizeof(after), &seen, &len), 0);
	ck_assert_uint_eq(len, sizeof(before));
	ck_assert_mem_eq(seen, before, sizeof(before));
	free(seen);
	patch_done(&p);
}
END_TEST

START_TEST(a_file_that_others_have_edited_is_left_alone)
{
	struct patch p = make("a\nb\nc\n", "a\nx\nc\n");

	ck_not_undone(&p, "a\nx\nd\n"); /* elsewhere, and as long */
	ck_not_undone(&p, "a\ny\nc\n");
	ck_not_undone(&p, "a\nx\nc\n\n");
	ck_not_undone(&p, "a\nx\n");
	ck_not_undone(&p, "a");
	ck_not_undone(&p, "");
	patch_done(&p);
}
END_TEST

START_TEST(a_patch_that_somebody_made_up_puts_nothing_back)
{
	struct patch p = make("a\nb\nc\n", "a\nx\nc\n");

	p.old_bytes[0] = 'q';
	ck_not_undone(&p, "a\nx\nc\n");
	p.old_bytes[0] = 'b';
	p.at = SIZE_MAX;
	ck_not_undone(&p, "a\nx\nc\n");
	patch_done(&p);
	ck_not_undone(&p, "a\nx\nc\n");
}
END_TEST

START_TEST(two_in_the_same_lines_are_one)
{
	struct patch first = make("a\nc\n", "a\nkey=1\nc\n");
	struct patch second = make("a\nkey=1\nc\n", "a\nkey=22\nc\n"), copied;

	ck_assert_int_eq(patch_join(&first, &second), 0);
	ck_undone(&first, "a\nkey=22\nc\n", "a\nc\n");
	ck_assert_int_eq(patch_copy(&first, &copied), 0);
	ck_undone(&copied, "a\nkey=22\nc\n", "a\nc\n");
	patch_done(&copied);
	patch_done(&first);
	patch_done(&second);
}
END_TEST

START_TEST(others_are_not)
{
	struct patch first = make("a\nc\n", "a\nb\nc\n");
	struct patch elsewhere = make("a\nb\nc\n", "a\nb\nd\n");
	struct patch before = make("a\nb\nc\n", "x\nb\nc\n");
	struct patch unrelated = make("a\nb\nz\n", "a\nq\nz\n"), none = PATCH_NULL;

	ck_assert_int_eq(patch_join(&first, &elsewhere), 1);
	ck_assert_int_eq(patch_join(&first, &before), 1);
	ck_assert_int_eq(patch_join(&first, &unrelated), 1);
	ck_assert_int_eq(patch_join(&first, &none), 1);
	ck_assert_int_eq(patch_join(&none, &first), 1);
	ck_undone(&first, "a\nb\nc\n", "a\nc\n");
	patch_done(&first);
	patch_done(&elsewhere);
	patch_done(&before);
	patch_done(&unrelated);
}
END_TEST

UNIT_MAIN("patch", only_the_lines_that_differ_are_kept, files_of_any_shape_are_put_back,
	  bytes_of_any_kind_are_put_back, a_file_that_others_have_edited_is_left_alone,
	  a_patch_that_somebody_made_up_puts_nothing_back, two_in_the_same_lines_are_one,
	  others_are_not)

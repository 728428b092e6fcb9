/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-texts.h"

/* Includes: which files are read, in which order, and what happens where one cannot be. */

#define FILES(...) ((const struct text_file[]){ __VA_ARGS__, { 0 } })
#define FILE_OF(name, text)                                                                        \
	{                                                                                          \
		.path = name, .bytes = text                                                        \
	}
#define NO_FILE(name, errno_value)                                                                 \
	{                                                                                          \
		.path = name, .error = errno_value                                                 \
	}

static void check_names(struct libreswan_version v, const char *text, const struct text_file *files,
			const char *want)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of_files(v, text, files);
	_cleanup_free_ char *names = names_of(c);

	ck_assert_msg(streq(names, want), "%u.x reads \"%s\" as \"%s\", not \"%s\"", v.major, text,
		      want, names);
}

static void check_both(const char *text, const struct text_file *files, const char *want)
{
	check_names(v4, text, files, want);
	check_names(v5, text, files, want);
}

START_TEST(members_are_read_in_the_place_of_the_include)
{
	check_both("conn x\ninclude /d/*.conf\nconn z\n",
		   FILES(FILE_OF("/d/10.conf", "conn a\n"), FILE_OF("/d/9.conf", "conn b\n"),
			 FILE_OF("/d/B.conf", "conn c\n"), FILE_OF("/d/a.conf", "conn d\n")),
		   "x a b c d z");
}
END_TEST

START_TEST(an_unreadable_member_ends_its_include_and_no_other)
{
	const struct text_file *files =
		FILES(FILE_OF("/d/a.conf", "conn a\n"), NO_FILE("/d/b.conf", -ENOENT),
		      FILE_OF("/d/c.conf", "conn c\n"), FILE_OF("/e/e.conf", "conn e\n"));
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of_files(v4, "include /d/*.conf\ninclude /e/*.conf\nconn z\n", files);
	const struct ipsec_conf_finding *f = finding_of(c, IPSEC_CONF_INCLUDE_UNREADABLE);

	check_both("include /d/*.conf\ninclude /e/*.conf\nconn z\n", files, "a e z");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->severity, IPSEC_CONF_ERROR);
	ck_assert_uint_eq(f->place.line, 1);
	ck_assert_ptr_nonnull(strstr(f->text, "/d/b.conf"));
	ck_assert_int_eq(ipsec_conf_file(c, 2)->error, -ENOENT);
}
END_TEST

START_TEST(a_folder_among_the_members_fails_everything)
{
	check_both("include /d/*.conf\nconn z\n",
		   FILES(FILE_OF("/d/a.conf", "conn a\n"), NO_FILE("/d/b.conf", -EISDIR)), "-");
}
END_TEST

START_TEST(an_include_of_nothing_is_passed_over)
{
	_cleanup_conf_ struct ipsec_conf *named = conf_of(v4, "include /d/x.conf\nconn z\n");
	_cleanup_conf_ struct ipsec_conf *glob = conf_of(v4, "include /d/*.conf\nconn z\n");

	ck_assert_ptr_nonnull(finding_of(named, IPSEC_CONF_INCLUDE_NOTHING));
	ck_assert_ptr_null(finding_of(glob, IPSEC_CONF_INCLUDE_NOTHING));
	ck_assert_ptr_nonnull(ipsec_conf_find(named, "z"));
	ck_assert_ptr_nonnull(ipsec_conf_find(glob, "z"));
	ck_assert_uint_eq(ipsec_conf_n_patterns(glob), 1);
	ck_assert_str_eq(ipsec_conf_pattern(glob, 0), "/d/*.conf");
}
END_TEST

START_TEST(an_include_ends_the_section_before_it)
{
	const struct text_file *files = FILES(FILE_OF("/a", "conn a\n"));

	check_both("conn q\ninclude /a\n\tike=x\n", files, "-");
	check_both("include /a\n\tike=x\n", files, "-");
}
END_TEST

START_TEST(a_section_without_a_last_newline_goes_on_in_the_next_file)
{
	const struct text_file *open =
		FILES(FILE_OF("/d/1", "conn a"), FILE_OF("/d/2", "\tike=x\n"));
	const struct text_file *closed =
		FILES(FILE_OF("/d/1", "conn a\n"), FILE_OF("/d/2", "\tike=x\n"));
	_cleanup_conf_ struct ipsec_conf *c = conf_of_files(v4, "include /d/*\n\tesp=y\n", open);

	/* The second file ends its own lines with a newline, so the main file's line is nobody's.
	 */
	ck_assert(ipsec_conf_is_broken(c));
	check_both("include /d/*\n", open, "a");
	check_both("include /d/*\n", closed, "-");
	_cleanup_conf_ struct ipsec_conf *d = conf_of_files(v4, "include /d/*\n", open);
	ck_assert_str_eq(value_of(d, "a", "ike").value, "x");
	ck_assert_str_eq(ipsec_conf_file(d, value_of(d, "a", "ike").place.file)->path, "/d/2");
}
END_TEST

START_TEST(a_value_left_open_at_the_end_of_a_file_spoils_the_next)
{
	check_both("include /d/*\n",
		   FILES(FILE_OF("/d/1", "conn a\n\tike="), FILE_OF("/d/2", "conn b\n")), "-");
	check_both("include /d/*\n",
		   FILES(FILE_OF("/d/1", "conn a\n\tike="), FILE_OF("/d/2", "\nconn b\n")), "a b");
}
END_TEST

START_TEST(an_include_in_the_last_line_without_a_newline_loses_a_line_in_4_x)
{
	const struct text_file *plain = FILES(FILE_OF("/a", "conn a\n\tike=x\n"));
	const struct text_file *comment = FILES(FILE_OF("/a", "# c\nconn a\n\tike=x\n"));
	const struct text_file *equal = FILES(FILE_OF("/a", "# c=d\nconn a\n\tike=x\n"));
	const struct text_file *two = FILES(FILE_OF("/a", "conn a\nconn b\n"));

	check_names(v4, "include /a", plain, "-");
	check_names(v5, "include /a", plain, "a");
	check_both("include /a\n", plain, "a");
	check_both("include /a", comment, "a");
	check_names(v4, "include /a", equal, "-");
	check_names(v4, "include /a", two, "b");
	check_names(v5, "include /a", two, "a b");
}
END_TEST

START_TEST(what_follows_the_name_is_passed_over_in_4_x)
{
	const struct text_file *files = FILES(FILE_OF("/a", "conn a\n"));

	check_names(v4, "include /a #word\n", files, "a");
	check_names(v5, "include /a #word\n", files, "-");
	check_both("include /a # word\n", files, "a");
	check_names(v4, "include /a # x=y\n", files, "-");
	check_names(v5, "include /a # x=y\n", files, "a");
	check_both("include \"/a\"\n", files, "a");
	check_both("include '/a'\n", files, "");
}
END_TEST

START_TEST(ten_files_deep_and_no_deeper)
{
	const struct text_file *files = FILES(
		FILE_OF("/1", "include /2\nconn c1\n"), FILE_OF("/2", "include /3\nconn c2\n"),
		FILE_OF("/3", "include /4\nconn c3\n"), FILE_OF("/4", "include /5\nconn c4\n"),
		FILE_OF("/5", "include /6\nconn c5\n"), FILE_OF("/6", "include /7\nconn c6\n"),
		FILE_OF("/7", "include /8\nconn c7\n"), FILE_OF("/8", "include /9\nconn c8\n"),
		FILE_OF("/9", "include /x\nconn c9\n"), FILE_OF("/x", "conn cx\n"));
	_cleanup_conf_ struct ipsec_conf *c = conf_of_files(v4, "include /1\n", files);

	check_both("include /1\n", files, "c9 c8 c7 c6 c5 c4 c3 c2 c1");
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_INCLUDE_DEPTH));
}
END_TEST

START_TEST(a_file_that_includes_itself_is_read_ten_times)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn m\ninclude /etc/ipsec.conf\n");

	check_both("conn m\ninclude /etc/ipsec.conf\n", NULL, "m m m m m m m m m m");
	ck_assert_uint_eq(ipsec_conf_file(c, 0)->n_inclusions, 10);
	ck_assert_uint_eq(ipsec_conf_n_files(c), 1);
}
END_TEST

START_TEST(files_that_include_each_other_many_times_are_given_up)
{
	/* 8 times 8 times 8 … would be 134 million readings. */
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of(v4, "conn m\n"
			    "include /etc/ipsec.conf\ninclude /etc/ipsec.conf\n"
			    "include /etc/ipsec.conf\ninclude /etc/ipsec.conf\n"
			    "include /etc/ipsec.conf\ninclude /etc/ipsec.conf\n"
			    "include /etc/ipsec.conf\ninclude /etc/ipsec.conf\n");

	ck_assert(ipsec_conf_is_broken(c));
	ck_assert_uint_le(ipsec_conf_n_conns(c), 5001);
}
END_TEST

START_TEST(the_main_file_must_be_there)
{
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of_files(v4, "", FILES(NO_FILE("/etc/ipsec.conf", -EACCES)));

	ck_assert(ipsec_conf_is_broken(c));
	ck_assert_ptr_nonnull(finding_of(c, IPSEC_CONF_MAIN_UNREADABLE));
}
END_TEST

START_TEST(the_path_of_an_include_is_found_in_its_line)
{
	static const struct {
		const char *line;
		int offset_4, offset_5; /* -1: no include */
	} rows[] = {
		{ "include /a\n", 8, 8 },       { "include \"/a\"\n", 9, 9 },
		{ "include\t{/a,/b}\n", 8, 9 }, { "included /a\n", -1, -1 },
		{ " include /a\n", -1, -1 },    { "include\n", -1, -1 },
		{ "# include /a\n", -1, -1 },   { "include", -1, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].line), offset = 0;
		bool is = ipsec_conf_include_path(v4, rows[i].line, len, 0, &offset);

		ck_assert_int_eq(is ? (int)offset : -1, rows[i].offset_4);
		is = ipsec_conf_include_path(v5, rows[i].line, len, 0, &offset);
		ck_assert_int_eq(is ? (int)offset : -1, rows[i].offset_5);
	}
}
END_TEST

UNIT_MAIN("ipsec-conf-include", members_are_read_in_the_place_of_the_include,
	  an_unreadable_member_ends_its_include_and_no_other,
	  a_folder_among_the_members_fails_everything, an_include_of_nothing_is_passed_over,
	  an_include_ends_the_section_before_it,
	  a_section_without_a_last_newline_goes_on_in_the_next_file,
	  a_value_left_open_at_the_end_of_a_file_spoils_the_next,
	  an_include_in_the_last_line_without_a_newline_loses_a_line_in_4_x,
	  what_follows_the_name_is_passed_over_in_4_x, ten_files_deep_and_no_deeper,
	  a_file_that_includes_itself_is_read_ten_times,
	  files_that_include_each_other_many_times_are_given_up, the_main_file_must_be_there,
	  the_path_of_an_include_is_found_in_its_line)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnostic.h"
#include "unit.h"

static struct diagnostics diagnostics;

static void add(unsigned int line, unsigned int column, const char *source, const char *hint,
		const char *message)
{
	ck_assert_int_eq(diagnostics_add(&diagnostics, DIAGNOSTIC_ERROR, "a.yaml", line, column,
					 source, source ? strlen(source) : 0, hint, message),
			 0);
}

static void ck_printed(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *s = NULL;

	for (size_t i = 0; i < diagnostics.n; i++)
		diagnostic_print(&diagnostics.items[i], &t);
	ck_assert_int_eq(text_take(&t, &s), 0);
	ck_assert_str_eq(s, expected);
	diagnostics_done(&diagnostics);
}

START_TEST(a_diagnostic_shows_the_line_a_caret_and_a_hint)
{
	add(4, 5, "    conections: [example]", "did you mean \"connections\"?",
	    "unknown key \"conections\"");
	ck_printed("a.yaml:4:5: error: unknown key \"conections\"\n"
		   "    conections: [example]\n"
		   "    ^\n"
		   "did you mean \"connections\"?\n");
}
END_TEST

START_TEST(a_diagnostic_of_a_whole_file_has_neither_line_nor_caret)
{
	add(0, 0, NULL, NULL, "too large");
	ck_printed("a.yaml: error: too large\n");
}
END_TEST

START_TEST(a_diagnostic_of_a_whole_line_has_no_caret)
{
	add(2, 0, "all of it", NULL, "odd");
	ck_printed("a.yaml:2: error: odd\nall of it\n");
}
END_TEST

START_TEST(a_warning_is_called_so_and_is_no_error)
{
	ck_assert_int_eq(diagnostics_add(&diagnostics, DIAGNOSTIC_WARNING, "a", 1, 0, NULL, 0, NULL,
					 "odd"),
			 0);
	add(0, 0, NULL, NULL, "bad");
	add(0, 0, NULL, NULL, "worse");
	ck_assert_uint_eq(diagnostics_errors(&diagnostics), 2);
	ck_printed("a:1: warning: odd\na.yaml: error: bad\na.yaml: error: worse\n");
}
END_TEST

START_TEST(the_caret_stands_below_its_character_after_tabs_and_umlauts)
{
	add(1, 5, "\tü: x", NULL, "here");
	ck_printed("a.yaml:1:5: error: here\n\tü: x\n\t   ^\n");
}
END_TEST

START_TEST(of_a_long_line_the_part_around_the_column_is_shown)
{
	char line[1001];

	memset(line, 'x', 1000);
	line[1000] = '\0';
	line[699] = 'Y';
	add(1, 700, line, NULL, "long");
	ck_assert_uint_eq(strlen(diagnostics.items[0].source), 160);
	ck_assert_int_eq(diagnostics.items[0].source[diagnostics.items[0].caret - 1], 'Y');
	diagnostics_done(&diagnostics);

	add(1, 90, "short", NULL, "behind its end");
	ck_assert_str_eq(diagnostics.items[0].source, "short");
	ck_assert_uint_eq(diagnostics.items[0].caret, 90);
	diagnostics_done(&diagnostics);

	add(1, 10, line, NULL, "at its beginning");
	ck_assert_uint_eq(diagnostics.items[0].caret, 10);
	diagnostics_done(&diagnostics);

	add(1, 1000, line, NULL, "at its end");
	ck_assert_uint_eq(strlen(diagnostics.items[0].source), 160);
	ck_assert_uint_eq(diagnostics.items[0].caret, 160);
	diagnostics_done(&diagnostics);
}
END_TEST

START_TEST(nothing_that_is_shown_moves_the_cursor)
{
	add(1, 1,
	    "a\x1b[2Jb\xc2\x9b"
	    "c",
	    NULL, "key \"\x1b]0;x\"");
	ck_printed("a.yaml:1:1: error: key \"?]0;x\"\na?[2Jb?c\n^\n");
}
END_TEST

START_TEST(diagnostics_move_to_the_end_of_others)
{
	struct diagnostics from = DIAGNOSTICS_NULL;

	add(1, 1, "x", NULL, "first");
	ck_assert_int_eq(
		diagnostics_add(&from, DIAGNOSTIC_WARNING, "b", 2, 0, NULL, 0, NULL, "second"), 0);
	ck_assert_int_eq(diagnostics_move(&diagnostics, &from), 0);
	ck_assert_uint_eq(from.n, 0);
	ck_assert_ptr_null(from.items);
	ck_assert_int_eq(diagnostics_move(&diagnostics, &from), 0);
	ck_printed("a.yaml:1:1: error: first\nx\n^\nb:2: warning: second\n");
}
END_TEST

START_TEST(the_nearest_word_is_suggested)
{
	static const char *const words[] = { "connections", "drivers", "manage", "activation",
					     "ipsec",       "esn",     "esp",    NULL };
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{ "conections", "connections" },
		{ "connection", "connections" },
		{ "Connections", "connections" },
		{ "drievrs", "drivers" },
		{ "driver", "drivers" },
		{ "mange", "manage" },
		{ "actvation", "activation" },
		{ "ispec", "ipsec" },
		{ "esm", "esn" },
		{ "bonds", NULL },
		{ "e", NULL },
		{ "", NULL },
		{ "rdivers", "drivers" },
		{ "pies", NULL },
		{ "xmanage", "manage" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *nearest = nearest_word(rows[i].word, words);

		ck_assert_msg(streq_ptr(nearest, rows[i].nearest), "%s: %s", rows[i].word,
			      nearest ? nearest : "none");
	}
}
END_TEST

START_TEST(a_word_longer_than_any_is_near_to_none)
{
	static const char *const words[] = { "version", NULL };
	char word[4096];

	memset(word, 'v', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	ck_assert_ptr_null(nearest_word(word, words));
}
END_TEST

UNIT_MAIN("diagnostic", a_diagnostic_shows_the_line_a_caret_and_a_hint,
	  a_diagnostic_of_a_whole_file_has_neither_line_nor_caret,
	  a_diagnostic_of_a_whole_line_has_no_caret, a_warning_is_called_so_and_is_no_error,
	  the_caret_stands_below_its_character_after_tabs_and_umlauts,
	  of_a_long_line_the_part_around_the_column_is_shown,
	  nothing_that_is_shown_moves_the_cursor, diagnostics_move_to_the_end_of_others,
	  the_nearest_word_is_suggested, a_word_longer_than_any_is_near_to_none)

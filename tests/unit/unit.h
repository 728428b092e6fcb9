/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A unit test is a list of sentences: START_TEST(a_sentence) { … } END_TEST, and at the end of the
 * file UNIT_MAIN("subject", a_sentence, another_sentence).
 */

static inline int unit_run_fixture(const char *subject, SFun setup, SFun cleanup,
				   const TTest *const *tests, size_t n_tests)
{
	Suite *suite = suite_create(subject);
	TCase *tcase = tcase_create(subject);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	if (setup)
		tcase_add_checked_fixture(tcase, setup, cleanup);
	for (size_t i = 0; i < n_tests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int unit_run_with(const char *subject, SFun setup, const TTest *const *tests,
				size_t n_tests)
{
	return unit_run_fixture(subject, setup, NULL, tests, n_tests);
}

static inline int unit_run(const char *subject, const TTest *const *tests, size_t n_tests)
{
	return unit_run_with(subject, NULL, tests, n_tests);
}

#define UNIT_MAIN(subject, ...)                                                                    \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		return unit_run(subject, tests, sizeof(tests) / sizeof(tests[0]));                 \
	}

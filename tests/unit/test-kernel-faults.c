/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-faults.h"
#include "unit.h"

START_TEST(a_kernel_says_its_version_in_its_release_or_its_build)
{
	static const struct {
		const char *release, *build;
		enum kernel_known known;
		unsigned int major, minor, patch;
	} rows[] = {
		{ "6.1.0-44-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-01-01)",
		  KERNEL_EXACT, 6, 1, 192 },
		{ "6.12.48+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)",
		  KERNEL_EXACT, 6, 12, 48 },
		{ "7.2.13", "#1 SMP", KERNEL_EXACT, 7, 2, 13 },
		{ "6.11.4-301.fc41.x86_64", "#1 SMP PREEMPT_DYNAMIC", KERNEL_EXACT, 6, 11, 4 },
		{ "7.2.0", "", KERNEL_EXACT, 7, 2, 0 },
		{ "6.8.0-45-generic", "#45-Ubuntu SMP", KERNEL_SERIES, 6, 8, 0 },
		{ "4.18.0-553.el8_10.x86_64", "#1 SMP", KERNEL_VENDOR, 4, 18, 0 },
		{ "5.14.0-427.13.1.el9_4.x86_64", "#1 SMP", KERNEL_VENDOR, 5, 14, 0 },
		{ "", "", KERNEL_UNKNOWN, 0, 0, 0 },
		{ "odd", "Debian odd", KERNEL_UNKNOWN, 0, 0, 0 },
		{ "6", "", KERNEL_UNKNOWN, 0, 0, 0 },
		{ "99999999999.1", "", KERNEL_UNKNOWN, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kernel_version v = { 0 };

		ck_assert_msg(kernel_version_of(rows[i].release, rows[i].build, &v) ==
				      rows[i].known,
			      "%s", rows[i].release);
		ck_assert_uint_eq(v.major, rows[i].major);
		ck_assert_uint_eq(v.minor, rows[i].minor);
		ck_assert_uint_eq(v.patch, rows[i].patch);
	}
}
END_TEST

START_TEST(a_fault_has_a_first_and_a_last_version)
{
	static const struct {
		struct kernel_version v;
		enum kernel_known known;
		bool faulty;
	} rows[] = {
		{ { 5, 8, 18 }, KERNEL_EXACT, false },   { { 5, 9, 0 }, KERNEL_EXACT, true },
		{ { 5, 10, 224 }, KERNEL_EXACT, true },  { { 5, 10, 225 }, KERNEL_EXACT, false },
		{ { 5, 15, 165 }, KERNEL_EXACT, true },  { { 5, 15, 166 }, KERNEL_EXACT, false },
		{ { 6, 1, 106 }, KERNEL_EXACT, true },   { { 6, 1, 107 }, KERNEL_EXACT, false },
		{ { 6, 6, 47 }, KERNEL_EXACT, true },    { { 6, 6, 48 }, KERNEL_EXACT, false },
		{ { 6, 10, 6 }, KERNEL_EXACT, true },    { { 6, 10, 7 }, KERNEL_EXACT, false },
		{ { 6, 12, 36 }, KERNEL_EXACT, false },  { { 6, 12, 37 }, KERNEL_EXACT, true },
		{ { 6, 12, 118 }, KERNEL_EXACT, true },  { { 6, 12, 119 }, KERNEL_EXACT, true },
		{ { 6, 13, 0 }, KERNEL_EXACT, false },   { { 7, 2, 13 }, KERNEL_EXACT, false },
		{ { 6, 8, 0 }, KERNEL_SERIES, true },    { { 6, 11, 0 }, KERNEL_SERIES, false },
		{ { 6, 12, 0 }, KERNEL_SERIES, true },   { { 6, 1, 50 }, KERNEL_VENDOR, false },
		{ { 6, 1, 50 }, KERNEL_UNKNOWN, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct kernel_fault *f = kernel_next_fault(rows[i].known, rows[i].v, NULL);

		ck_assert_msg((f != NULL) == rows[i].faulty, "%u.%u.%u", rows[i].v.major,
			      rows[i].v.minor, rows[i].v.patch);
		if (f)
			ck_assert_ptr_null(kernel_next_fault(rows[i].known, rows[i].v, f));
	}
}
END_TEST

UNIT_MAIN("kernel-faults", a_kernel_says_its_version_in_its_release_or_its_build,
	  a_fault_has_a_first_and_a_last_version)

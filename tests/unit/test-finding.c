/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"
#include "unit.h"

static struct findings findings;

static void add(const char *id, enum finding_severity severity, bool missing)
{
	ck_assert_int_eq(findings_add(&findings, id, severity, missing, "bond0", "seen", "why",
				      "remedy"),
			 0);
}

START_TEST(without_a_finding_nothing_blocks)
{
	ck_assert_uint_eq(findings_block(&findings), 0);
	ck_assert_ptr_null(findings_by_id(&findings, "bond-mode"));
}
END_TEST

START_TEST(only_what_blocks_is_counted)
{
	add("bond-mode", FINDING_BLOCKS, false);
	add("port-driver", FINDING_WARNS, false);
	add("kernel-fault", FINDING_NOTES, false);
	ck_assert_uint_eq(findings_block(&findings), 1);
	ck_assert_str_eq(findings_by_id(&findings, "port-driver")->subject, "bond0");
	findings_done(&findings);
}
END_TEST

START_TEST(severities_have_their_words)
{
	ck_assert_str_eq(finding_severity_name(FINDING_BLOCKS), "blocks");
	ck_assert_str_eq(finding_severity_name(FINDING_WARNS), "warns");
	ck_assert_str_eq(finding_severity_name(FINDING_NOTES), "notes");
}
END_TEST

UNIT_MAIN("finding", without_a_finding_nothing_blocks, only_what_blocks_is_counted,
	  severities_have_their_words)

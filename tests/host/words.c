/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the words that people and programs see, each as "KIND WORD", to be held against others. */

#include <stdio.h>

#include "checks.h"
#include "diagnosis.h"
#include "failover.h"
#include "names.h"
#include "plan.h"
#include "proof.h"
#include "supervisor.h"

int main(void)
{
	for (int i = BOND_WAITING; i <= BOND_FAILED; i++)
		printf("state %s\n", bond_state_name((enum bond_state)i));
	for (int i = VERDICT_UNKNOWN; i <= VERDICT_OFFLOADED; i++)
		printf("verdict %s\n", verdict_name((enum verdict)i));
	for (int i = FAILOVER_UNKNOWN; i <= FAILOVER_RECONSTRUCTED; i++)
		printf("cause %s\n", failover_cause_name((enum failover_cause)i));
	for (int i = STEP_PROFILE; i <= STEP_RESTART; i++)
		printf("step %s\n", step_kind_name((enum step_kind)i));
	for (size_t i = 0; checks_info(i); i++)
		printf("check %s\n", checks_info(i)->id);
	printf("check %s\n", FINDING_ID_DRIFT_FIGHT);
	for (size_t i = 0; diagnosis_ids(i); i++)
		printf("diagnosis %s\n", diagnosis_ids(i));
	return 0;
}

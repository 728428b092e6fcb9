/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

void kernel_strikes(size_t nth, enum kernel_fault fault)
{
	kernel.strikes_at = nth;
	kernel.fault = fault;
	kernel.n_answers = 0;
}

size_t kernel_n_answers(void)
{
	return kernel.n_answers;
}

bool kernel_is_struck(void)
{
	return ++kernel.n_answers == kernel.strikes_at;
}

int kernel_may_answer(void)
{
	if (!kernel_is_struck())
		return 0;
	if (kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (kernel.fault == KERNEL_NEVER_TELLS)
		return -ETIMEDOUT;
	if (kernel.fault == KERNEL_IS_LATE && kernel.answering)
		kernel_carries(0, 5, kernel.answers_in_hardware ? 5 : 0);
	return 0;
}

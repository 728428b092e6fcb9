/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include <check.h>

#include "kernel-log.h"

/* ---- the test's side ---- */

void kernel_says(const char *message)
{
	ck_assert_uint_lt(kernel.n_said, ARRAY_SIZE(kernel.said));
	kernel.said[kernel.n_said++] = message;
}

uint64_t kernel_log_asked_since(void)
{
	return kernel.asked_since;
}

/* ---- the adapters' side ---- */

int kernel_log_read(uint64_t since, kernel_log_each_fn each, void *userdata)
{
	int r = kernel_may_answer();

	kernel.asked_since = since;
	for (size_t i = 0; r == 0 && i < kernel.n_said; i++)
		each(userdata, kernel.said[i]);
	return r;
}

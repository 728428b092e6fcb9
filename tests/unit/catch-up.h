/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fake-kernel.h"
#include "supervisor.h"

/* What struct supervisor_ops has as catch_up: all supervisors hear what the played kernel tells. */
static inline bool catch_up(struct supervisor *const *those, size_t n)
{
	struct xfrm_message message;
	int r;

	while ((r = kernel_tells_of_sas(&message)) != 0)
		for (size_t i = 0; i < n; i++)
			supervisor_sa_told(those[i], r > 0 ? &message : NULL);
	return true;
}

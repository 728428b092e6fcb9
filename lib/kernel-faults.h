/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Versions of Linux in which the offload of a bond is known to be at fault: a table in data, each
 * row with its range and its source.
 */

struct kernel_version {
	unsigned int major;
	unsigned int minor;
	unsigned int patch;
};

struct kernel_fault {
	struct kernel_version from;  /* the first with the fault */
	struct kernel_version until; /* the first without, as far as is known */
	const char *what;            /* what happens */
	const char *source;          /* a CVE, a commit, or the place in the sources */
	const char *remedy;
	/* Before this one each SA meets it, and not only an unlucky moment. */
	struct kernel_version blocks_until;
};

enum kernel_known {
	KERNEL_UNKNOWN, /* no version can be read */
	KERNEL_SERIES,  /* "6.8.0-45-generic": the patch level is the distribution's secret */
	KERNEL_EXACT,   /* the upstream version */
	KERNEL_VENDOR,  /* RHEL and kin: fixes are taken over without a sign in the version */
};

/*
 * kernel_version_of() - which upstream version a kernel is made of
 * @release, @build: what uname(2) calls release and version
 *
 * Debian has it in the build ("… Debian 6.1.76-1 (2024-02-01)"); most others in the release.
 */
enum kernel_known kernel_version_of(const char *release, const char *build,
				    struct kernel_version *ret);

/*
 * kernel_next_fault() - goes through the faults of a version
 * @known: KERNEL_EXACT: only those in whose range it is; KERNEL_SERIES: those of its series
 * @after: the fault before, or NULL to begin
 */
const struct kernel_fault *kernel_next_fault(enum kernel_known known, struct kernel_version version,
					     const struct kernel_fault *after);

/* kernel_fault_blocks() - true when offload must not be had with it */
bool kernel_fault_blocks(enum kernel_known known, struct kernel_version version,
			 const struct kernel_fault *f);

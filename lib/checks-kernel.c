/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <arpa/inet.h>

#include "kernel-faults.h"

/* The kernel: what it is built of, and what is known of its version. */

static bool any_conn_of(const struct judge *j, int family)
{
	for (size_t i = 0; i < j->n_conns; i++)
		if (j->conns[i].ends->local.family == family ||
		    j->conns[i].ends->remote.family == family)
			return true;
	return false;
}

static void check_module(struct judge *j, const char *module, const char *option,
			 const char *family)
{
	judge_blocks(
		j, module,
		judge_say(
			j,
			"the module %s is neither loaded, nor built in, nor there to be loaded in "
			"Linux %s",
			module, j->facts->kernel),
		judge_say(j,
			  "through it the kernel hands ESP over %s to a network card; without it "
			  "each SA that asks for offload is refused or done by the CPU",
			  family),
		judge_say(j,
			  "install the package with the kernel's further modules, or a kernel "
			  "with CONFIG_%s",
			  option));
}

static void check_esp_offload(struct judge *j)
{
	bool v6 = any_conn_of(j, AF_INET6), v4 = any_conn_of(j, AF_INET) || !v6;

	if (v4 && !j->facts->esp4_offload)
		check_module(j, "esp4_offload", "INET_ESP_OFFLOAD", "IPv4");
	if (v6 && !j->facts->esp6_offload)
		check_module(j, "esp6_offload", "INET6_ESP_OFFLOAD", "IPv6");
}

static const char *describe(struct judge *j, enum kernel_known known, struct kernel_version v)
{
	if (known == KERNEL_EXACT)
		return judge_say(j, "Linux %s, which is upstream's %u.%u.%u", j->facts->kernel,
				 v.major, v.minor, v.patch);
	return judge_say(j,
			 "Linux %s: of the series %u.%u; which of its fixes are in cannot be told "
			 "from the version",
			 j->facts->kernel, v.major, v.minor);
}

static void check_fault(struct judge *j)
{
	const struct kernel_fault *f = NULL;
	struct kernel_version v = { 0 };
	enum kernel_known known = kernel_version_of(j->facts->kernel, j->facts->kernel_build, &v);

	while ((f = kernel_next_fault(known, v, f))) {
		const char *seen = describe(j, known, v);
		const char *why = judge_say(j, "%s (%s)", f->what, f->source);

		if (kernel_fault_blocks(known, v, f))
			judge_blocks(j, "kernel", seen, why, f->remedy);
		else if (known == KERNEL_EXACT)
			judge_warns(j, "kernel", seen, why, f->remedy);
		else
			judge_notes(j, "kernel", seen, why,
				    judge_say(j,
					      "look for it in the changelog of the kernel's "
					      "package; else %s",
					      f->remedy));
	}
}

const struct check checks_kernel[] = {
	{ { "kernel-esp-offload", "The kernel can hand ESP to a network card" },
	  check_esp_offload },
	{ { "kernel-fault", "The kernel's version has no known fault in the offload of bonds" },
	  check_fault },
	{ { NULL, NULL }, NULL },
};

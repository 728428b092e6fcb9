/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "unit.h"

#include "host.h"

#define RELEASE "6.1.0-test"

static char root[] = "/tmp/test-host-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_root(void)
{
	strcpy(root + strlen(root) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	atexit(remove_root);
}

/* Writes a file below the root, with the folders it needs. */
static void put(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	ck_assert_int_lt(snprintf(full, sizeof(full), "%s%s", root, path), sizeof(full));
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0700);
		*p = '/';
	}
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_loaded_module_is_there)
{
	make_root();
	put("/sys/module/esp4_offload/refcnt", "0\n");
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp4_offload"), 1);
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp6_offload"), 0);
}
END_TEST

START_TEST(a_built_in_module_is_there)
{
	make_root();
	put("/lib/modules/" RELEASE "/modules.builtin",
	    "kernel/net/ipv4/esp4.ko\nkernel/net/ipv4/esp4_offload.ko\n");
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp4_offload"), 1);
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp6_offload"), 0);
}
END_TEST

START_TEST(a_module_that_can_be_loaded_is_there_compressed_or_not)
{
	static const char *const lines[] = {
		"kernel/net/ipv4/esp4_offload.ko: kernel/net/ipv4/esp4.ko\n",
		"kernel/net/ipv4/esp4_offload.ko:\n",
		"kernel/net/ipv4/esp4_offload.ko.xz: kernel/net/ipv4/esp4.ko.xz\n",
		"kernel/net/ipv4/esp4_offload.ko.zst:",
		"extra/esp4-offload.ko:\n",
		"esp4_offload.ko:\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		make_root();
		put("/usr/lib/modules/" RELEASE "/modules.dep", "kernel/drivers/net/dummy.ko:\n");
		ck_assert_int_eq(host_has_module(root, RELEASE, "esp4_offload"), 0);
		put("/usr/lib/modules/" RELEASE "/modules.dep", lines[i]);
		ck_assert_msg(host_has_module(root, RELEASE, "esp4_offload") == 1, "%s", lines[i]);
		remove_root();
	}
}
END_TEST

START_TEST(what_only_needs_the_module_is_not_the_module)
{
	make_root();
	put("/lib/modules/" RELEASE "/modules.dep",
	    "kernel/net/other.ko: kernel/net/ipv4/esp4_offload.ko\n"
	    "kernel/net/ipv4/my_esp4_offload.ko:\n"
	    "kernel/net/ipv4/esp4_offload2.ko:\n"
	    "kernel/net/ipv4/esp4_offload.kox:\n"
	    "kernel/esp4_offload/dummy.ko:\n"
	    "esp4_offload\n\n:\n");
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp4_offload"), 0);
}
END_TEST

START_TEST(another_kernels_modules_do_not_count)
{
	make_root();
	put("/lib/modules/6.1.0-other/modules.dep", "kernel/net/ipv4/esp4_offload.ko:\n");
	ck_assert_int_eq(host_has_module(root, RELEASE, "esp4_offload"), 0);
}
END_TEST

START_TEST(a_list_that_cannot_be_read_is_an_error)
{
	make_root();
	put("/lib/modules/" RELEASE "/modules.builtin/not-a-file", "");
	ck_assert_int_lt(host_has_module(root, RELEASE, "esp4_offload"), 0);
}
END_TEST

START_TEST(the_running_kernels_lists_are_looked_at)
{
	struct utsname name;
	struct host h;
	char path[256];

	make_root();
	ck_assert_int_eq(uname(&name), 0);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", name.release);
	put(path, "kernel/net/ipv6/esp6_offload.ko.xz:\n");

	ck_assert_int_eq(host_observe(root, &h), 0);
	ck_assert_str_eq(h.kernel, name.release);
	ck_assert_str_eq(h.kernel_build, name.version);
	ck_assert(!h.esp4_offload);
	ck_assert(h.esp6_offload);

	put(path, "kernel/net/ipv6/esp4_offload.ko.xz:\n");
	ck_assert_int_eq(host_observe(root, &h), 0);
	ck_assert(h.esp4_offload);
	ck_assert(!h.esp6_offload);
}
END_TEST

UNIT_MAIN("host", a_loaded_module_is_there, a_built_in_module_is_there,
	  a_module_that_can_be_loaded_is_there_compressed_or_not,
	  what_only_needs_the_module_is_not_the_module, another_kernels_modules_do_not_count,
	  a_list_that_cannot_be_read_is_an_error, the_running_kernels_lists_are_looked_at)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy-files.h"
#include "unit.h"

/* A root of its own for each test, in a child process; and what was read below it. */
static char root[] = "/tmp/esp-offloadd-test-XXXXXX"; /* mkdtemp(3) fills in the rest */
static struct diagnostics diagnostics;
static char **files;
static struct policy *policy;

#define ETC policy_folders[0]
#define RUN policy_folders[1]
#define LIB policy_folders[2]

static char *path_of(const char *folder, const char *name)
{
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s%s/%s", root, folder, name), 0);
	return path;
}

static void make_folders_of(char *path)
{
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
}

static void write_bytes(const char *folder, const char *name, const char *bytes, size_t len)
{
	_cleanup_free_ char *path = path_of(folder, name);
	int fd;

	make_folders_of(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	write_bytes(folder, name, text, strlen(text));
}

static void write_bond(const char *folder, const char *name, const char *bond)
{
	char yaml[256];

	snprintf(yaml, sizeof(yaml), "version: 1\nbonds: {%s: {connections: [of-%s]}}\n", bond,
		 bond);
	write_file(folder, name, yaml);
}

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
		      struct FTW *ftw _unused_)
{
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	atexit(remove_root);
}

static int load(void)
{
	return policy_files_load(root, &diagnostics, &files, &policy);
}

static void tear_down(void)
{
	for (size_t i = 0; files && files[i]; i++)
		free(files[i]);
	free(files);
	diagnostics_done(&diagnostics);
	policy = policy_free(policy);
}

/* The bonds of the policy, blanks between them. */
static void ck_bonds(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *names = NULL;

	ck_assert_int_eq(load(), 0);
	for (size_t i = 0; i < policy->n_bonds; i++)
		text_printf(&t, "%s%s", i > 0 ? " " : "", policy->bonds[i].name);
	ck_assert_int_eq(text_take(&t, &names), 0);
	ck_assert_str_eq(names, expected);
}

static void ck_complaint(int r, const char *folder, const char *name, const char *message)
{
	_cleanup_free_ char *path = path_of(folder, name);

	ck_assert_int_eq(load(), r);
	ck_assert_uint_eq(diagnostics.n, 1);
	ck_assert_str_eq(diagnostics.items[0].file, path);
	ck_assert_str_eq(diagnostics.items[0].message, message);
}

/* The default file as it is shipped. */
static char *shipped(void)
{
	const char *path = getenv("SHIPPED_CONFIG");
	char *text = calloc(1, 65536);
	int fd;

	ck_assert_ptr_nonnull(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, text, 65535), 0);
	close(fd);
	return text;
}

/* Takes the "# " from all lines but those before "bonds:". */
static void uncomment(char *text)
{
	char *from = strstr(text, "\n# bonds:"), *to;

	ck_assert_ptr_nonnull(from);
	to = ++from;
	while (*from) {
		if (*from == '#')
			from += from[1] == ' ' ? 2 : 1;
		while (*from && *from != '\n')
			*to++ = *from++;
		if (*from)
			*to++ = *from++;
	}
	*to = '\0';
}

START_TEST(without_any_file_the_policy_is_empty)
{
	set_up();
	ck_bonds("");
	ck_assert_ptr_null(files[0]);
	ck_assert_uint_eq(diagnostics.n, 0);
	tear_down();
}
END_TEST

START_TEST(the_file_of_etc_counts_before_those_of_run_and_lib)
{
	set_up();
	write_bond(LIB, "config.yaml", "lib");
	ck_bonds("lib");
	tear_down();
	write_bond(RUN, "config.yaml", "run");
	ck_bonds("run");
	tear_down();
	write_bond(ETC, "config.yaml", "etc");
	ck_bonds("etc");
	tear_down();
}
END_TEST

START_TEST(drop_ins_are_read_after_the_file_by_name_from_all_folders)
{
	_cleanup_free_ char *first = NULL, *last = NULL;

	set_up();
	write_bond(ETC, "config.yaml", "main");
	write_bond(ETC, "config.d/30-c.yaml", "c");
	write_bond(RUN, "config.d/10-a.yaml", "a");
	write_bond(LIB, "config.d/20-b.yaml", "b");
	write_bond(ETC, "config.d/.hidden.yaml", "hidden");
	write_bond(ETC, "config.d/README", "readme");
	ck_bonds("main a b c");

	first = path_of(ETC, "config.yaml");
	last = path_of(ETC, "config.d/30-c.yaml");
	ck_assert_str_eq(files[0], first);
	ck_assert_str_eq(files[3], last);
	ck_assert_ptr_null(files[4]);
	ck_assert_uint_eq(policy_bond_named(policy, "c")->text, 4);
	tear_down();
}
END_TEST

START_TEST(of_drop_ins_with_one_name_the_strongest_folder_counts)
{
	set_up();
	write_bond(LIB, "config.d/10-a.yaml", "lib");
	write_bond(RUN, "config.d/10-a.yaml", "run");
	write_bond(ETC, "config.d/10-a.yaml", "etc");
	ck_bonds("etc");
	tear_down();
}
END_TEST

START_TEST(an_empty_file_or_a_link_to_dev_null_masks_its_name)
{
	_cleanup_free_ char *link = NULL;

	set_up();
	link = path_of(RUN, "config.d/20-b.yaml");
	write_bond(LIB, "config.yaml", "main");
	write_file(ETC, "config.yaml", "");
	write_bond(LIB, "config.d/10-a.yaml", "a");
	write_file(RUN, "config.d/10-a.yaml", "");
	write_bond(LIB, "config.d/20-b.yaml", "b");
	ck_assert_int_eq(symlink("/dev/null", link), 0);
	write_bond(LIB, "config.d/30-c.yaml", "c");
	ck_bonds("c");
	tear_down();
}
END_TEST

START_TEST(a_link_to_a_file_is_read)
{
	_cleanup_free_ char *link = NULL;

	set_up();
	write_bond(ETC, "mine", "a");
	link = path_of(ETC, "config.yaml");
	ck_assert_int_eq(symlink("mine", link), 0);
	ck_bonds("a");
	tear_down();
}
END_TEST

START_TEST(only_regular_files_are_read_and_nothing_hangs)
{
	_cleanup_free_ char *fifo = NULL;

	set_up();
	write_bond(ETC, "config.yaml", "a");
	fifo = path_of(ETC, "config.d/10-fifo.yaml");
	make_folders_of(fifo);
	ck_assert_int_eq(mkfifo(fifo, 0644), 0);
	ck_complaint(-EBADMSG, ETC, "config.d/10-fifo.yaml", "is no regular file");
	tear_down();

	ck_assert_int_eq(unlink(fifo), 0);
	ck_assert_int_eq(mkdir(fifo, 0755), 0);
	ck_complaint(-EBADMSG, ETC, "config.d/10-fifo.yaml", "is no regular file");
	tear_down();

	ck_assert_int_eq(rmdir(fifo), 0);
	ck_assert_int_eq(symlink("/dev/zero", fifo), 0);
	ck_complaint(-EBADMSG, ETC, "config.d/10-fifo.yaml", "is no regular file");
	tear_down();
}
END_TEST

START_TEST(a_folder_that_is_none_is_an_error)
{
	set_up();
	write_file(ETC, "config.d", "");
	ck_complaint(-EBADMSG, ETC, "config.d", "cannot be looked into: Not a directory");
	tear_down();
}
END_TEST

/* The bonds that the policy names no more are reverted, and a disk may come later. */
START_TEST(a_dangling_link_is_not_as_if_nothing_was_there)
{
	static const char *const names[] = { "config.yaml", "config.d/10-a.yaml", "config.d" };

	set_up();
	write_bond(LIB, "config.yaml", "lib");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *link = path_of(ETC, names[i]);

		make_folders_of(link);
		ck_assert_int_eq(symlink("/nowhere/at/all", link), 0);
		ck_complaint(-EBADMSG, ETC, names[i], "is a symbolic link to nothing");
		ck_assert_int_eq(unlink(link), 0);
		(void)rmdir(dirname(link));
		tear_down();
	}
}
END_TEST

START_TEST(nor_is_one_in_the_place_of_the_whole_folder)
{
	_cleanup_free_ char *link = NULL;

	set_up();
	write_bond(LIB, "config.yaml", "lib");
	ck_assert_int_gt(asprintf(&link, "%s%s", root, ETC), 0);
	make_folders_of(link);
	ck_assert_int_eq(symlink("/nowhere/at/all", link), 0);
	ck_assert_int_eq(load(), -EBADMSG);
	ck_assert_uint_eq(diagnostics.n, 1);
	ck_assert_str_eq(diagnostics.items[0].file, link);
	tear_down();
}
END_TEST

START_TEST(a_file_of_a_hundred_megabytes_is_refused_unread)
{
	_cleanup_free_ char *path = NULL;

	set_up();
	write_file(ETC, "config.yaml", "x");
	path = path_of(ETC, "config.yaml");
	ck_assert_int_eq(truncate(path, 100 * 1024 * 1024), 0);
	ck_complaint(-EBADMSG, ETC, "config.yaml", "is larger than 1 MiB");
	tear_down();
}
END_TEST

START_TEST(all_files_together_have_a_limit_too)
{
	_cleanup_free_ char *comment = malloc(POLICY_FILE_MAX);

	set_up();
	memset(comment, '#', POLICY_FILE_MAX);
	write_bytes(ETC, "config.yaml", comment, POLICY_FILE_MAX);
	write_bytes(ETC, "config.d/1.yaml", comment, POLICY_FILE_MAX);
	write_bytes(ETC, "config.d/2.yaml", comment, POLICY_FILE_MAX);
	write_bytes(ETC, "config.d/3.yaml", comment, POLICY_FILE_MAX);
	ck_bonds("");
	tear_down();

	write_file(ETC, "config.d/4.yaml", "#");
	ck_complaint(-EBADMSG, ETC, "config.d/4.yaml",
		     "with this one the files are larger than 4 MiB");
	tear_down();
}
END_TEST

START_TEST(mistakes_in_files_and_of_files_are_told_together)
{
	set_up();
	write_file(ETC, "config.yaml", "version: 1\nbonds: []\n");
	write_file(ETC, "config.d", "");
	ck_assert_int_eq(load(), -EBADMSG);
	ck_assert_uint_eq(diagnostics.n, 2);
	ck_assert_ptr_null(policy);
	ck_assert_ptr_nonnull(files[0]);
	tear_down();
}
END_TEST

START_TEST(a_doubtful_file_is_read_with_a_warning)
{
	_cleanup_free_ char *path = NULL;

	set_up();
	write_bond(ETC, "config.yaml", "a");
	path = path_of(ETC, "config.yaml");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_complaint(0, ETC, "config.yaml", "everybody may write to this file");
	ck_assert_uint_eq(policy->n_bonds, 1);
	tear_down();

	ck_assert_int_eq(chmod(path, 0644), 0);
	write_bond(ETC, "config.d/b.yml", "b");
	ck_complaint(0, ETC, "config.d/b.yml", "is not read because of its name");
	ck_assert_uint_eq(policy->n_bonds, 1);
	tear_down();
}
END_TEST

START_TEST(the_file_as_shipped_names_no_bond)
{
	_cleanup_free_ char *text = shipped();

	set_up();
	write_file(ETC, "config.yaml", text);
	ck_bonds("");
	ck_assert_ptr_nonnull(files[0]);
	tear_down();
}
END_TEST

START_TEST(the_file_as_shipped_shows_the_defaults)
{
	_cleanup_free_ char *text = shipped();
	struct policy_bond defaults;

	set_up();
	uncomment(text);
	write_file(ETC, "config.yaml", text);
	ck_bonds("bond0");

	ck_assert_int_eq(policy_bond_init("bond0", &defaults), 0);
	defaults.conns = policy->bonds[0].conns;
	defaults.n_conns = policy->bonds[0].n_conns;
	ck_assert(policy_bond_equal(&policy->bonds[0], &defaults));
	defaults.conns = NULL;
	defaults.n_conns = 0;
	policy_bond_done(&defaults);
	tear_down();
}
END_TEST

UNIT_MAIN("policy-files", without_any_file_the_policy_is_empty,
	  the_file_of_etc_counts_before_those_of_run_and_lib,
	  drop_ins_are_read_after_the_file_by_name_from_all_folders,
	  of_drop_ins_with_one_name_the_strongest_folder_counts,
	  an_empty_file_or_a_link_to_dev_null_masks_its_name, a_link_to_a_file_is_read,
	  only_regular_files_are_read_and_nothing_hangs, a_folder_that_is_none_is_an_error,
	  a_dangling_link_is_not_as_if_nothing_was_there,
	  nor_is_one_in_the_place_of_the_whole_folder,
	  a_file_of_a_hundred_megabytes_is_refused_unread, all_files_together_have_a_limit_too,
	  mistakes_in_files_and_of_files_are_told_together, a_doubtful_file_is_read_with_a_warning,
	  the_file_as_shipped_names_no_bond, the_file_as_shipped_shows_the_defaults)

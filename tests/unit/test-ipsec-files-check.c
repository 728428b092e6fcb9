/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipsec-files.h"
#include "unit.h"

/*
 * The check of an edit by the installed Libreswan. The edits are made by hand, with faults that the
 * editor itself would never make. Without a Libreswan there is nothing to check with.
 */

static char root[64];
static bool installed;

static void put(const char *path, const char *bytes)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(bytes, f);
	fclose(f);
}

static void make_folder(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	ck_assert_int_eq(mkdir(full, 0755), 0);
}

static void setup(void)
{
	struct libreswan_version version;

	strcpy(root, "/tmp/test-ipsec-check-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	make_folder("/etc");
	make_folder("/etc/ipsec.d");
	put("/etc/ipsec.conf", "include /etc/ipsec.d/*.conf\ninclude more/x\nconn z\n");
	put("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n");
	put("/etc/ipsec.d/b.conf", "conn b\n\tesp=x\n");
	make_folder("/more");
	put("/more/x", "conn x\n");
	installed = ipsec_files_version(&version) == 0;
}

static void cleanup(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static struct ipsec_files *load(void)
{
	struct ipsec_files_options options = { .root = root };
	struct ipsec_files *files = NULL;

	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	return files;
}

static size_t file_number(struct ipsec_files *files, const char *path)
{
	const struct ipsec_conf *conf = ipsec_files_conf(files);

	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++)
		if (streq(ipsec_conf_file(conf, i)->path, path))
			return i;
	ck_abort_msg("%s was not read", path);
}

/* Checks a text in the place of a file; @reason is NULL where it is to pass. */
static void check(const char *path, const char *bytes, const char *reason)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	struct ipsec_conf_edit edit = { .file = file_number(files, path),
					.bytes = (char *)bytes,
					.len = strlen(bytes) };
	int r = ipsec_files_check(files, &edit, 0, &result);

	if (!installed) {
		ck_assert_int_eq(r, IPSEC_FILES_UNCHECKED);
		return;
	}
	ck_assert_msg(r == (reason ? IPSEC_FILES_REFUSED : IPSEC_FILES_DONE), "%s: %d, %s", bytes,
		      r, result.reason ? result.reason : "no reason");
	if (reason)
		ck_assert_msg(strstr(result.reason, reason), "not \"%s\" but \"%s\"", reason,
			      result.reason);
}

START_TEST(a_good_edit_passes)
{
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n\tnic-offload=yes\n", NULL);
	check("/etc/ipsec.conf",
	      "# c\ninclude /etc/ipsec.d/*.conf\ninclude more/x\nconn z\n\tike=x\n", NULL);
}
END_TEST

START_TEST(a_syntax_error_is_found_in_any_member)
{
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=x #y\n", "rejects the new text");
	check("/more/x", "conn x\n\tbogus=1\n", "rejects the new text");
}
END_TEST

START_TEST(a_new_complaint_is_found_though_the_exit_status_is_0)
{
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n\tike=y\n", "complains about the new text");
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n\talso=nobody\n", "complains");
}
END_TEST

START_TEST(an_old_complaint_is_no_reason_even_if_its_line_moves)
{
	put("/etc/ipsec.d/b.conf", "conn b\n\tesp=x\n\tesp=y\n\tdpdaction=hold\n\tx-y=z\n");
	check("/etc/ipsec.d/b.conf",
	      "conn b\n\tike=z\n\tesp=x\n\tesp=y\n\tdpdaction=hold\n\tx-y=z\n", NULL);
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n", NULL);
}
END_TEST

START_TEST(a_change_in_the_list_of_conns_is_found)
{
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=x\nconn c\n", "list other conns");
	check("/etc/ipsec.d/a.conf", "conn A\n\tike=x\n", "list other conns");
}
END_TEST

START_TEST(a_configuration_that_is_broken_already_is_not_edited)
{
	put("/etc/ipsec.d/b.conf", "conn b\n\tesp=x #y\n");
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n", "as it is");
}
END_TEST

START_TEST(what_cannot_be_read_is_left_out_of_the_copy_as_well)
{
	char path[256];

	/* c.conf is not read because of it, and its fault is not seen. */
	snprintf(path, sizeof(path), "%s/etc/ipsec.d/bb.conf", root);
	ck_assert_int_eq(symlink("/nonexistent", path), 0);
	put("/etc/ipsec.d/c.conf", "conn c\n\tbogus=1\n");
	check("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n", NULL);
}
END_TEST

START_TEST(nothing_of_the_copy_remains)
{
	glob_t found = { 0 };
	char pattern[64];

	check("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n", NULL);
	snprintf(pattern, sizeof(pattern), "/[rt][um][np]/esp-offload-check-%d-*", getpid());
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}
END_TEST

/* A copy with something in it, named after a process. */
static void make_copy(pid_t pid, char path[64])
{
	char inside[128];

	snprintf(path, 64, "/tmp/esp-offload-check-%d-XXXXXX", (int)pid);
	ck_assert_ptr_nonnull(mkdtemp(path));
	snprintf(inside, sizeof(inside), "%s/file-0", path);
	ck_assert_int_eq(mknod(inside, S_IFREG | 0600, 0), 0);
}

START_TEST(the_copies_of_those_that_died_are_removed_and_no_others)
{
	char dead[64], alive[64], command[128];
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	make_copy(pid, dead);
	make_copy(getpid(), alive);
	ipsec_files_sweep();
	ck_assert_int_ne(access(dead, F_OK), 0);
	ck_assert_int_eq(access(alive, F_OK), 0);
	snprintf(command, sizeof(command), "rm -r %s", alive);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_good_edit_passes,
		a_syntax_error_is_found_in_any_member,
		a_new_complaint_is_found_though_the_exit_status_is_0,
		an_old_complaint_is_no_reason_even_if_its_line_moves,
		a_change_in_the_list_of_conns_is_found,
		a_configuration_that_is_broken_already_is_not_edited,
		what_cannot_be_read_is_left_out_of_the_copy_as_well,
		nothing_of_the_copy_remains,
		the_copies_of_those_that_died_are_removed_and_no_others,
	};

	return unit_run_fixture("ipsec-files-check", setup, cleanup, tests, ARRAY_SIZE(tests));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ipsec-files.h"
#include "text.h"
#include "unit.h"

/*
 * A write while its system calls fail, or the machine goes down between them. The linker puts these
 * functions in the place of the C library's (--wrap); each counts itself, and the one whose number
 * is chosen fails, or ends the process before or after it did its work. With large files, as meson
 * always has them, some are called by their 64-bit names.
 */

static const char old_text[] = "conn a\n\tike=x\n";
static const char new_text[] = "conn a\n\tike=y\n";

enum how {
	HOW_FAIL,
	HOW_SHORT, /* write() writes one byte */
	HOW_DIE_BEFORE,
	HOW_DIE_AFTER,
};

static unsigned n_calls, chosen;
static enum how how;
static int chosen_errno;
static bool armed;
static char trace[4096];

/* Counts a call. Returns true when it is to fail. */
static bool call(const char *name)
{
	if (!armed)
		return false;
	n_calls++;
	strncat(trace, name, sizeof(trace) - strlen(trace) - 2);
	strcat(trace, " ");
	if (n_calls != chosen)
		return false;
	if (how == HOW_DIE_BEFORE)
		_exit(77);
	errno = chosen_errno;
	return how == HOW_FAIL;
}

/* After the call: the machine may go down now. */
static void called(void)
{
	if (armed && n_calls == chosen && how == HOW_DIE_AFTER)
		_exit(77);
}

#define WRAP(type, name, parameters, arguments, failure)                                           \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		type result;                                                                       \
                                                                                                   \
		if (call(#name))                                                                   \
			return failure;                                                            \
		result = __real_##name arguments;                                                  \
		called();                                                                          \
		return result;                                                                     \
	}

WRAP(int, flock, (int fd, int operation), (fd, operation), -1)
WRAP(int, fstat64, (int fd, struct stat *st), (fd, st), -1)
WRAP(int, faccessat, (int fd, const char *path, int mode, int flags), (fd, path, mode, flags), -1)
WRAP(ssize_t, read, (int fd, void *buffer, size_t n), (fd, buffer, n), -1)
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
WRAP(ssize_t, flistxattr, (int fd, char *list, size_t size), (fd, list, size), -1)
WRAP(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t size),
     (fd, name, value, size), -1)
WRAP(int, fsetxattr, (int fd, const char *name, const void *value, size_t size, int flags),
     (fd, name, value, size, flags), -1)
WRAP(int, fsync, (int fd), (fd), -1)
WRAP(int, fstatat64, (int fd, const char *path, struct stat *st, int flags), (fd, path, st, flags),
     -1)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to), -1)
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), -1)

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	bool fails = call("close");
	int r = __real_close(fd); /* a close that fails has closed all the same */

	if (fails)
		errno = chosen_errno;
	called();
	return fails ? -1 : r;
}

ssize_t __real_write(int fd, const void *buffer, size_t n);
ssize_t __wrap_write(int fd, const void *buffer, size_t n);
ssize_t __wrap_write(int fd, const void *buffer, size_t n)
{
	ssize_t r;

	if (call("write"))
		return -1;
	r = __real_write(fd, buffer, armed && n_calls == chosen && how == HOW_SHORT ? 1 : n);
	called();
	return r;
}

int __real_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int r;

	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (call(flags & O_CREAT ? "create" : "openat"))
		return -1;
	r = __real_openat64(fd, path, flags, mode);
	called();
	return r;
}

/* ---- The place ---- */

static char root[64];

static const char *full_path(const char *path)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void put(const char *path, const char *bytes)
{
	FILE *f = fopen(full_path(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs(bytes, f);
	fclose(f);
}

static char *get(const char *path)
{
	static char bytes[256];
	FILE *f = fopen(full_path(path), "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	bytes[n] = '\0';
	fclose(f);
	return bytes;
}

static void setup(void)
{
	strcpy(root, "/tmp/test-ipsec-crash-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(mkdir(full_path("/d"), 0755), 0);
	put("/ipsec.conf", "include /d/*.conf\n");
	put("/d/a.conf", old_text);
	ck_assert_int_eq(chmod(full_path("/d/a.conf"), 0640), 0);
	setxattr(full_path("/d/a.conf"), "user.note", "kept", 4, 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(full_path("/d/a.conf"), 1001, 1002), 0);
}

static void cleanup(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static void arm(unsigned number, enum how what, int error)
{
	n_calls = 0;
	chosen = number;
	how = what;
	chosen_errno = error;
	trace[0] = '\0';
	armed = true;
}

/* One edit from the beginning, with the chosen call going wrong. */
static int edit(struct ipsec_files_result *result)
{
	struct ipsec_files_options options = { .root = root,
					       .config = "/ipsec.conf",
					       .version = { 4, 10 } };
	const struct ipsec_conf_change change = { "ike", "y" };
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *planned = NULL;
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	bool later = armed;
	int r;

	armed = false;
	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	ck_assert_int_eq(ipsec_conf_plan(ipsec_files_conf(files), "a", &change, 1, &planned),
			 IPSEC_CONF_PLANNED);
	armed = later;
	r = ipsec_files_write(files, planned, result);
	armed = false;
	return r;
}

static unsigned count_calls(void)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;

	arm(0, HOW_FAIL, 0);
	ck_assert_int_eq(edit(&result), IPSEC_FILES_DONE);
	ck_assert_str_eq(get("/d/a.conf"), new_text);
	put("/d/a.conf", old_text);
	return n_calls;
}

static bool exists(const char *path)
{
	return access(full_path(path), F_OK) == 0;
}

START_TEST(the_new_text_is_on_the_disk_before_it_gets_its_name_and_the_name_after)
{
	const char *written, *synced, *renamed;

	ck_assert_uint_gt(count_calls(), 15);
	written = strstr(trace, "write ");
	synced = strstr(trace, "fsync ");
	renamed = strstr(trace, "renameat ");
	ck_assert_msg(written && synced && renamed, "%s", trace);
	ck_assert_msg(written < synced && synced < renamed, "%s", trace);
	ck_assert_msg(strstr(renamed, "fsync "), "%s", trace);
	ck_assert_msg(!strstr(synced, "write ") && !strstr(synced, "fchmod") &&
			      !strstr(synced, "fsetxattr"),
		      "%s", trace);
	/* The last look at the old file comes after the new one is complete. */
	ck_assert_msg(strstr(synced, "fstatat64 ") && strstr(synced, "fstatat64 ") < renamed, "%s",
		      trace);
}
END_TEST

START_TEST(each_call_may_fail_and_the_file_is_as_it_was_or_as_it_should_be)
{
	static const int errors[] = { EIO, ENOSPC, EPERM, EROFS, EINTR };
	unsigned n = count_calls();

	for (unsigned i = 1; i <= n; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(errors); j++) {
			_cleanup_ipsec_files_result_ struct ipsec_files_result result =
				IPSEC_FILES_RESULT_NULL;
			const char *text;
			int r;

			put("/d/a.conf", old_text);
			arm(i, HOW_FAIL, errors[j]);
			r = edit(&result);
			text = get("/d/a.conf");
			ck_assert_msg(streq(text, result.replaced ? new_text : old_text),
				      "call %u (%s) with errno %d: \"%s\"", i, trace, errors[j],
				      text);
			ck_assert_msg(r != IPSEC_FILES_DONE || result.replaced, "call %u (%s)", i,
				      trace);
			ck_assert_msg(r == IPSEC_FILES_DONE || result.reason, "call %u (%s): %d", i,
				      trace, r);
			/* Only removing the rest of an edit can fail to remove it. */
			ck_assert_msg(!exists("/d/.a.conf.esp-offload"), "call %u (%s)", i, trace);
		}
	}
}
END_TEST

START_TEST(a_write_may_be_short)
{
	unsigned n = count_calls();

	for (unsigned i = 1; i <= n; i++) {
		_cleanup_ipsec_files_result_ struct ipsec_files_result result =
			IPSEC_FILES_RESULT_NULL;

		put("/d/a.conf", old_text);
		arm(i, HOW_SHORT, 0);
		ck_assert_int_eq(edit(&result), IPSEC_FILES_DONE);
		ck_assert_str_eq(get("/d/a.conf"), new_text);
	}
}
END_TEST

START_TEST(the_machine_may_go_down_at_any_call)
{
	static const enum how hows[] = { HOW_DIE_BEFORE, HOW_DIE_AFTER };
	unsigned n = count_calls();

	for (unsigned i = 1; i <= n; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(hows); j++) {
			_cleanup_ipsec_files_result_ struct ipsec_files_result result =
				IPSEC_FILES_RESULT_NULL;
			struct stat st;
			char *text;
			int status;
			pid_t pid;

			put("/d/a.conf", old_text);
			ck_assert_int_eq(chmod(full_path("/d/a.conf"), 0640), 0);
			pid = fork();
			if (pid == 0) {
				arm(i, hows[j], 0);
				edit(&result);
				_exit(0);
			}
			ck_assert_int_eq(waitpid(pid, &status, 0), pid);
			ck_assert_int_eq(WEXITSTATUS(status), 77);
			text = get("/d/a.conf");
			ck_assert_msg(streq(text, old_text) || streq(text, new_text), "call %u: %s",
				      i, text);
			ck_assert_int_eq(stat(full_path("/d/a.conf"), &st), 0);
			ck_assert_uint_eq(st.st_mode & 07777, 0640);

			/* The next edit goes through, and clears away. */
			put("/d/a.conf", old_text);
			armed = false;
			ck_assert_int_eq(edit(&result), IPSEC_FILES_DONE);
			ck_assert_str_eq(get("/d/a.conf"), new_text);
			ck_assert(!exists("/d/.a.conf.esp-offload"));
		}
	}
}
END_TEST

/* The number of the first call of this name in the trace of those that there are. */
static unsigned first_call(const char *names, const char *name, unsigned n)
{
	unsigned i = 1;

	for (const char *s = names; strncmp(s, name, strlen(name)) != 0 && i <= n; i++)
		s = strchr(s, ' ') + 1;
	return i;
}

START_TEST(where_only_the_sandbox_forbids_it_the_remedy_says_so)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	unsigned n = count_calls();

	arm(first_call(trace, "faccessat", n), HOW_FAIL, EROFS);
	ck_assert_int_eq(edit(&result), IPSEC_FILES_REFUSED);
	ck_assert_ptr_nonnull(strstr(result.reason, "read-only"));
	ck_assert_ptr_nonnull(strstr(result.remedy, "ReadWritePaths="));
}
END_TEST

START_TEST(what_could_not_be_kept_is_a_reason_to_refuse)
{
	static const char *const calls[] = { "fchmod", "fsync", "create", "renameat" };
	unsigned n = count_calls();
	char names[4096];

	strcpy(names, trace);
	for (size_t k = 0; k < ARRAY_SIZE(calls); k++) {
		_cleanup_ipsec_files_result_ struct ipsec_files_result result =
			IPSEC_FILES_RESULT_NULL;

		put("/d/a.conf", old_text);
		arm(first_call(names, calls[k], n), HOW_FAIL, EPERM);
		ck_assert_int_eq(edit(&result), IPSEC_FILES_REFUSED);
		ck_assert_ptr_nonnull(strstr(result.reason, "cannot be replaced"));
		ck_assert(!result.replaced);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_new_text_is_on_the_disk_before_it_gets_its_name_and_the_name_after,
		each_call_may_fail_and_the_file_is_as_it_was_or_as_it_should_be,
		a_write_may_be_short,
		the_machine_may_go_down_at_any_call,
		where_only_the_sandbox_forbids_it_the_remedy_says_so,
		what_could_not_be_kept_is_a_reason_to_refuse,
	};

	return unit_run_fixture("ipsec-files-crash", setup, cleanup, tests, ARRAY_SIZE(tests));
}

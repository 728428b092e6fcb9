/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "array.h"
#include "command.h"
#include "ipsec-files-private.h"
#include "text.h"

/*
 * Having the installed Libreswan read the configuration before and after an edit. It reads a copy
 * in a folder of its own, whose include lines name that folder instead: so it finds the members by
 * itself, as it always does. What could not be read is a dangling link in the copy.
 */

#define LIMIT_USEC UINT64_C(10000000)

struct stage {
	char folder[64];
	struct ipsec_files *files;
	struct ipsec_conf *conf;
};

/* What addconn made of it. */
struct reading {
	int status;
	struct {
		char **items; /* lines of the standard error output, freed of what may differ */
		size_t n, alloc;
	} lines;
	char *names;
};

static void reading_done(struct reading *r)
{
	for (size_t i = 0; i < r->lines.n; i++)
		free(r->lines.items[i]);
	free(r->lines.items);
	free(r->names);
}

static int remove_one(const char *path, const struct stat *st _unused_, int type,
		      struct FTW *ftw _unused_)
{
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* The first is in memory; the second is there on every system. */
static const char *const stage_folders[] = { "/run", "/tmp" };

#define STAGE_PREFIX "esp-offload-check-"

/* Of a process that is no more, by the number in its name; and ours, not a stranger's trap. */
static bool is_left(int folder_fd, const char *name)
{
	struct stat st;
	char *end;
	long pid;

	if (!has_prefix(name, STAGE_PREFIX))
		return false;
	pid = strtol(name + strlen(STAGE_PREFIX), &end, 10);
	return *end == '-' && pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH && fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

void ipsec_files_sweep(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(stage_folders); i++) {
		DIR *dir = opendir(stage_folders[i]);
		struct dirent *e;
		char path[64];

		while (dir && (e = readdir(dir)))
			if (is_left(dirfd(dir), e->d_name) &&
			    snprintf(path, sizeof(path), "%s/%s", stage_folders[i], e->d_name) <
				    (int)sizeof(path))
				(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		if (dir)
			closedir(dir);
	}
}

static int stage_make(struct stage *stage)
{
	ipsec_files_sweep();
	for (size_t i = 0; i < ARRAY_SIZE(stage_folders); i++) {
		snprintf(stage->folder, sizeof(stage->folder), "%s/" STAGE_PREFIX "%d-XXXXXX",
			 stage_folders[i], getpid());
		if (mkdtemp(stage->folder))
			return 0;
	}
	stage->folder[0] = '\0';
	return -errno;
}

static void stage_done(struct stage *stage)
{
	if (stage->folder[0])
		nftw(stage->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file's copy. */
static char *staged_path(const struct stage *stage, const char *path)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	char *staged = NULL;

	text_printf(&text, "%s%s%s", stage->folder, path[0] == '/' ? "" : "/", path);
	return text_take(&text, &staged) < 0 ? NULL : staged;
}

/* All folders on the way to a file. Most have one that is there already, beside the one before. */
static int make_folders(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *last = copy ? strrchr(copy, '/') : NULL;

	if (!copy)
		return -ENOMEM;
	if (last) {
		*last = '\0';
		if (access(copy, F_OK) == 0)
			return 0;
		*last = '/';
	}
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_copy(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bytes, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/*
 * True for a plain path that is no file of the set: what an edit includes anew, such as the crypto
 * policy. It has no copy, and is read where it lies.
 */
static bool is_elsewhere(const struct stage *stage, const char *path, size_t len)
{
	if (memchr(path, '*', len) || memchr(path, '?', len) || memchr(path, '[', len) ||
	    memchr(path, '{', len) || memchr(path, '"', len))
		return false;
	for (size_t i = 0; i < ipsec_conf_n_files(stage->conf); i++) {
		const char *of = ipsec_conf_file(stage->conf, i)->path;

		if (strlen(of) == len && memcmp(of, path, len) == 0)
			return false;
	}
	return memmem(path, len, "/crypto-policies/", strlen("/crypto-policies/"));
}

/* The text with the staging folder before each full path that it includes. */
static int stage_text(const struct stage *stage, const char *bytes, size_t len, struct text *text)
{
	size_t at = 0, next;
	size_t offset;

	for (size_t line = 0; line < len; line = next) {
		const char *newline = memchr(bytes + line, '\n', len - line);

		next = newline ? (size_t)(newline - bytes) + 1 : len;
		if (!ipsec_conf_include_path(ipsec_conf_version(stage->conf), bytes, len, line,
					     &offset) ||
		    bytes[offset + (bytes[offset] == '{')] != '/')
			continue;
		if (is_elsewhere(stage, bytes + offset, strcspn(bytes + offset, " \t\r\n")))
			continue;
		text_add_bytes(text, bytes + at, offset - at);
		text_add(text, stage->folder);
		at = offset;
	}
	text_add_bytes(text, bytes + at, len - at);
	return text->failed ? -ENOMEM : 0;
}

static int stage_file(const struct stage *stage, const struct ipsec_conf_file *file,
		      const char *bytes, size_t len)
{
	_cleanup_free_ char *path = staged_path(stage, file->path);
	_cleanup_text_ struct text text = TEXT_NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = make_folders(path);
	if (r < 0)
		return r;
	if (file->error == -EISDIR)
		return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (file->error < 0)
		return symlink("/nonexistent", path) < 0 && errno != EEXIST ? -errno : 0;
	r = stage_text(stage, bytes, len, &text);
	return r < 0 ? r : write_copy(path, text.data ? text.data : "", text.len);
}

/* A line without the staging folder, and without the number of the line that it is about. */
static char *plain_line(const struct stage *stage, const char *s, size_t len)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	size_t folder_len = strlen(stage->folder);
	char *line = NULL;

	for (size_t i = 0; i < len;) {
		if (len - i >= folder_len && memcmp(s + i, stage->folder, folder_len) == 0) {
			i += folder_len;
			continue;
		}
		text_add_char(&text, s[i]);
		if (s[i++] != ':')
			continue;
		while (i < len && s[i] >= '0' && s[i] <= '9')
			i++;
	}
	return text_take(&text, &line) < 0 ? NULL : line;
}

static int add_lines(const struct stage *stage, struct reading *reading, const char *s, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(s, '\n', len);
		size_t n = newline ? (size_t)(newline - s) : len;
		int r = ARRAY_GROW(&reading->lines);

		if (r < 0)
			return r;
		reading->lines.items[reading->lines.n] = plain_line(stage, s, n);
		if (!reading->lines.items[reading->lines.n++])
			return -ENOMEM;
		n += newline != NULL;
		s += n;
		len -= n;
	}
	return 0;
}

/* Returns 0, IPSEC_FILES_UNCHECKED, IPSEC_FILES_REFUSED, or a negative errno. */
static int run_addconn(const struct stage *stage, const char *what, uint64_t limit_usec,
		       struct reading *reading, struct ipsec_files_result *ret)
{
	_cleanup_free_ char *config = staged_path(stage, ipsec_conf_file(stage->conf, 0)->path);
	_cleanup_free_ char *directory = staged_path(stage, stage->files->directory);
	const char *const argv[] = { "ipsec", "addconn", "--config", config, what, NULL };
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	struct command_options options = { .limit_usec = limit_usec ? limit_usec : LIMIT_USEC,
					   .directory = directory };
	int r;

	if (!config || !directory)
		return -ENOMEM;
	r = command_run(argv, &options, &result);
	if (r == -ENOENT)
		return IPSEC_FILES_UNCHECKED;
	if (r < 0)
		return r;
	if (result.timed_out)
		return files_say(ret, IPSEC_FILES_REFUSED, "Try \"ipsec addconn --checkconfig\".",
				 "\"ipsec addconn %s\" did not end in time", what);
	if (result.exit_status < 0 || result.exit_status == 127)
		return files_say(ret, IPSEC_FILES_REFUSED, "Try \"ipsec addconn --checkconfig\".",
				 "\"ipsec addconn %s\" did not work: signal %d, exit status %d",
				 what, result.signal, result.exit_status);
	if (result.exit_status > reading->status)
		reading->status = result.exit_status;
	if (streq(what, "--listall")) {
		reading->names = TAKE_PTR(result.out);
		return 0;
	}
	return add_lines(stage, reading, result.err, result.err_len);
}

static int read_both(const struct stage *stage, uint64_t limit_usec, struct reading *reading,
		     struct ipsec_files_result *ret)
{
	int r = run_addconn(stage, "--checkconfig", limit_usec, reading, ret);

	return r != 0 ? r : run_addconn(stage, "--listall", limit_usec, reading, ret);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line that is there more often than before, or NULL. */
static const char *new_line(struct reading *before, struct reading *after)
{
	size_t i = 0;

	if (before->lines.n > 0)
		qsort(before->lines.items, before->lines.n, sizeof(char *), compare_lines);
	if (after->lines.n > 0)
		qsort(after->lines.items, after->lines.n, sizeof(char *), compare_lines);
	for (size_t j = 0; j < after->lines.n; j++) {
		while (i < before->lines.n &&
		       strcmp(before->lines.items[i], after->lines.items[j]) < 0)
			i++;
		if (i == before->lines.n || !streq(before->lines.items[i], after->lines.items[j]))
			return after->lines.items[j];
		i++;
	}
	return NULL;
}

static int judge_readings(struct reading *before, struct reading *after,
			  struct ipsec_files_result *ret)
{
	const char *line;

	if (after->status > before->status)
		return files_say(ret, IPSEC_FILES_REFUSED, "Nothing was changed.",
				 "the installed Libreswan rejects the new text: exit status %d%s%s",
				 after->status, after->lines.n > 0 ? ", " : "",
				 after->lines.n > 0 ? after->lines.items[0] : "");
	line = new_line(before, after);
	if (line)
		return files_say(ret, IPSEC_FILES_REFUSED, "Nothing was changed.",
				 "the installed Libreswan complains about the new text: %s", line);
	if (!streq(before->names ? before->names : "", after->names ? after->names : ""))
		return files_say(ret, IPSEC_FILES_REFUSED, "Nothing was changed.",
				 "the installed Libreswan would list other conns after the edit");
	return 0;
}

static int check(struct stage *stage, const struct ipsec_conf_edit *edit, uint64_t limit_usec,
		 struct reading *before, struct reading *after, struct ipsec_files_result *ret)
{
	int r = stage_make(stage);

	for (size_t i = 0; r == 0 && i < ipsec_conf_n_files(stage->conf); i++) {
		const struct ipsec_conf_file *file = ipsec_conf_file(stage->conf, i);

		r = stage_file(stage, file, file->bytes, file->len);
	}
	if (r == 0) {
		_cleanup_free_ char *directory = staged_path(stage, stage->files->directory);
		_cleanup_free_ char *inside = directory ? path_join(directory, "x/") : NULL;

		r = inside ? make_folders(inside) : -ENOMEM;
	}
	if (r == 0)
		r = read_both(stage, limit_usec, before, ret);
	if (r == 0 && before->status != 0)
		return files_say(ret, IPSEC_FILES_REFUSED, "Correct that first.",
				 "the installed Libreswan rejects the configuration as it is: exit "
				 "status %d%s%s",
				 before->status, before->lines.n > 0 ? ", " : "",
				 before->lines.n > 0 ? before->lines.items[0] : "");
	if (r == 0)
		r = stage_file(stage, ipsec_conf_file(stage->conf, edit->file), edit->bytes,
			       edit->len);
	if (r == 0)
		r = read_both(stage, limit_usec, after, ret);
	return r == 0 ? judge_readings(before, after, ret) : r;
}

int ipsec_files_check(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
		      uint64_t limit_usec, struct ipsec_files_result *ret)
{
	struct stage stage = { .files = files, .conf = files->conf };
	struct reading before = { 0 }, after = { 0 };
	int r;

	*ret = IPSEC_FILES_RESULT_NULL;
	if (!ipsec_conf_file(files->conf, edit->file) || !edit->bytes)
		return -EINVAL;
	/* Nothing is copied for nobody. */
	if (!command_exists("ipsec"))
		return IPSEC_FILES_UNCHECKED;
	r = check(&stage, edit, limit_usec, &before, &after, ret);
	stage_done(&stage);
	reading_done(&before);
	reading_done(&after);
	return r;
}

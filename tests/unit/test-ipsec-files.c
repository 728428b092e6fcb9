/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ipsec-files.h"
#include "text.h"
#include "unit.h"

/* The configuration where it lies. Each test has a folder of its own as its root. */

static char root[64];

static void make(const char *path, const char *bytes)
{
	_cleanup_text_ struct text full = TEXT_NULL;
	FILE *f;

	text_printf(&full, "%s%s", root, path);
	for (char *slash = strchr(full.data + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full.data, 0755);
		*slash = '/';
	}
	f = fopen(full.data, "w");
	ck_assert_ptr_nonnull(f);
	fputs(bytes, f);
	fclose(f);
}

static const char *full_path(const char *path)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static char *contents(const char *path)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	FILE *f = fopen(full_path(path), "r");
	char buffer[4096], *s = NULL;
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		text_add_bytes(&text, buffer, n);
	fclose(f);
	ck_assert_int_eq(text_take(&text, &s), 0);
	return s;
}

static void check_contents(const char *path, const char *want)
{
	_cleanup_free_ char *s = contents(path);

	ck_assert_str_eq(s, want);
}

static void link_to(const char *target, const char *path)
{
	ck_assert_int_eq(symlink(target, full_path(path)), 0);
}

static void setup(void)
{
	strcpy(root, "/tmp/test-ipsec-files-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(chmod(root, 0755), 0);
	make("/etc/ipsec.conf", "include /etc/ipsec.d/*.conf\n");
	make("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n");
}

static void cleanup(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static struct ipsec_files *load(void)
{
	struct ipsec_files_options options = { .root = root, .version = { 4, 10 } };
	struct ipsec_files *files = NULL;

	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	return files;
}

static char *names_of(struct ipsec_files *files)
{
	struct ipsec_conf *conf = ipsec_files_conf(files);
	struct text text = TEXT_NULL;
	char *names = NULL;

	if (ipsec_conf_is_broken(conf))
		return strdup("-");
	for (size_t i = 0; i < ipsec_conf_n_conns(conf); i++)
		text_printf(&text, "%s%s", i ? " " : "", ipsec_conf_conn(conf, i)->name);
	ck_assert_int_eq(text_take(&text, &names), 0);
	return names;
}

static void check_names(const char *want)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_free_ char *names = names_of(files);

	ck_assert_str_eq(names, want);
}

static struct ipsec_conf_edit *plan(struct ipsec_files *files, const char *conn)
{
	const struct ipsec_conf_change change = { "ike", "y" };
	struct ipsec_conf_edit *edit = NULL;

	ck_assert_int_eq(ipsec_conf_plan(ipsec_files_conf(files), conn, &change, 1, &edit),
			 IPSEC_CONF_PLANNED);
	return edit;
}

/* ---- Reading ---- */

START_TEST(members_come_in_the_order_of_the_c_locale_without_those_with_a_dot)
{
	make("/etc/ipsec.d/10.conf", "conn c10\n");
	make("/etc/ipsec.d/9.conf", "conn c9\n");
	make("/etc/ipsec.d/B.conf", "conn cB\n");
	make("/etc/ipsec.d/.h.conf", "conn ch\n");
	make("/etc/ipsec.d/x.conf~", "conn cx\n");
	make("/etc/ipsec.d/y.conf.bak", "conn cy\n");
	check_names("c10 c9 cB a");
}
END_TEST

START_TEST(braces_are_expanded_for_4_x_only)
{
	struct ipsec_files_options options = { .root = root, .version = { 5, 2 } };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_free_ char *names = NULL;

	make("/etc/ipsec.d/b.conf", "conn b\n");
	make("/etc/ipsec.conf", "include /etc/ipsec.d/{b,a,q}.conf\n");
	check_names("b a");
	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	names = names_of(files);
	ck_assert_str_eq(names, "");
}
END_TEST

START_TEST(relative_includes_begin_in_the_working_directory)
{
	struct ipsec_files_options options = { .root = root,
					       .directory = "/etc",
					       .version = { 4, 10 } };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_free_ char *names = NULL;

	make("/etc/ipsec.conf", "include ipsec.d/*.conf\n");
	make("/ipsec.d/r.conf", "conn root\n");
	check_names("root");
	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	names = names_of(files);
	ck_assert_str_eq(names, "a");
}
END_TEST

START_TEST(a_dangling_link_a_folder_and_what_is_no_file)
{
	link_to("/nonexistent", "/etc/ipsec.d/b.conf");
	make("/etc/ipsec.d/c.conf", "conn c\n");
	check_names("a");
	ck_assert_int_eq(unlink(full_path("/etc/ipsec.d/b.conf")), 0);
	check_names("a c");
	ck_assert_int_eq(mkfifo(full_path("/etc/ipsec.d/b.conf"), 0644), 0);
	check_names("a"); /* and nobody waits for a writer */
	ck_assert_int_eq(unlink(full_path("/etc/ipsec.d/b.conf")), 0);
	ck_assert_int_eq(mkdir(full_path("/etc/ipsec.d/b.conf"), 0755), 0);
	check_names("-");
}
END_TEST

START_TEST(a_missing_folder_is_told)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;

	make("/etc/ipsec.conf", "include /etc/elsewhere/*.conf\nconn z\n");
	files = load();
	ck_assert_uint_eq(ipsec_conf_n_findings(ipsec_files_conf(files)), 1);
	check_names("z");
}
END_TEST

START_TEST(links_stay_within_the_root)
{
	make("/srv/real.conf", "conn inside\n");
	link_to("/srv/real.conf", "/etc/ipsec.d/b.conf");
	check_names("a inside");
	ck_assert_int_eq(unlink(full_path("/etc/ipsec.d/b.conf")), 0);
	link_to("../../../../../../../../srv/real.conf", "/etc/ipsec.d/b.conf");
	check_names("a inside");
	ck_assert_int_eq(unlink(full_path("/etc/ipsec.d/b.conf")), 0);
	link_to("b.conf", "/etc/ipsec.d/b.conf");
	check_names("a"); /* round in a circle */
	/* A folder may be a link as well. */
	make("/etc/ipsec.conf", "include /etc/more/*.conf\n");
	link_to("/srv", "/etc/more");
	check_names("inside");
}
END_TEST

START_TEST(an_empty_device_is_an_empty_file)
{
	struct ipsec_files_options options = { .version = { 4, 10 } };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_free_ char *names = NULL;
	_cleanup_text_ struct text text = TEXT_NULL;
	char config[128];

	/* On the host's own root, since another one has no devices here. */
	text_printf(&text, "include %s/etc/ipsec.d/*.conf\n", root);
	make("/etc/ipsec.conf", text.data);
	link_to("/dev/null", "/etc/ipsec.d/0.conf");
	snprintf(config, sizeof(config), "%s/etc/ipsec.conf", root);
	options.config = config;
	ck_assert_int_eq(ipsec_files_load(&options, &files), 0);
	names = names_of(files);
	ck_assert_str_eq(names, "a");
}
END_TEST

START_TEST(a_root_that_is_not_there_is_an_error)
{
	struct ipsec_files_options options = { .root = "/nonexistent", .version = { 4, 10 } };
	struct ipsec_files *files = NULL;

	ck_assert_int_eq(ipsec_files_load(&options, &files), -ENOENT);
	ck_assert_ptr_null(files);
}
END_TEST

/* ---- Writing ---- */

static int write_edit(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
		      const char *want_reason)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	int r = ipsec_files_write(files, edit, &result);

	if (want_reason) {
		ck_assert_msg(result.reason && strstr(result.reason, want_reason),
			      "the reason is not \"%s\" but \"%s\"", want_reason,
			      result.reason ? result.reason : "none");
		ck_assert_str_ne(result.remedy, "");
		ck_assert(!result.replaced);
	} else {
		ck_assert_ptr_null(result.reason);
		ck_assert(result.replaced);
	}
	return r;
}

static void check_refused(const char *conn, const char *reason)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = plan(files, conn);

	ck_assert_int_eq(write_edit(files, edit, reason), IPSEC_FILES_REFUSED);
}

static size_t count_files(const char *folder)
{
	char command[256], line[32] = "";
	FILE *f;

	snprintf(command, sizeof(command), "ls -A %s%s | wc -l", root, folder);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	pclose(f);
	return (size_t)atoi(line);
}

START_TEST(the_new_text_takes_the_place_of_the_old_with_its_mode)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	struct stat st;

	ck_assert_int_eq(chmod(full_path("/etc/ipsec.d/a.conf"), 0640), 0);
	files = load();
	edit = plan(files, "a");
	umask(077);
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
	check_contents("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n");
	ck_assert_int_eq(stat(full_path("/etc/ipsec.d/a.conf"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(count_files("/etc/ipsec.d"), 1);
}
END_TEST

START_TEST(owner_group_and_attributes_are_kept)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	const char *path = full_path("/etc/ipsec.d/a.conf");
	/* struct posix_acl_xattr_header and entries: user:: rw-, user:1234 r--, group:: r--, mask
	 * r--, other:: ---; linux/posix_acl_xattr.h */
	static const unsigned char acl[] = { 2,    0,    0,    0, 1,    0,    6,    0,    0xff,
					     0xff, 0xff, 0xff, 2, 0,    4,    0,    0xd2, 4,
					     0,    0,    4,    0, 4,    0,    0xff, 0xff, 0xff,
					     0xff, 0x10, 0,    4, 0,    0xff, 0xff, 0xff, 0xff,
					     0x20, 0,    0,    0, 0xff, 0xff, 0xff, 0xff };
	char value[256], large[3000];
	bool has_acl, has_label, has_user;
	struct stat st;

	if (geteuid() == 0)
		ck_assert_int_eq(chown(path, 1001, 1002), 0);
	memset(large, 'x', sizeof(large));
	has_user = setxattr(path, "user.note", large, sizeof(large), 0) == 0;
	has_acl = setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0) == 0;
	has_label = setxattr(path, "security.selinux", "system_u:object_r:ipsec_key_file_t:s0", 38,
			     0) == 0;
	files = load();
	edit = plan(files, "a");
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
	check_contents("/etc/ipsec.d/a.conf", "conn a\n\tike=y\n");
	path = full_path("/etc/ipsec.d/a.conf");
	ck_assert_int_eq(stat(path, &st), 0);
	if (geteuid() == 0) {
		ck_assert_uint_eq(st.st_uid, 1001);
		ck_assert_uint_eq(st.st_gid, 1002);
	}
	/* A file system without them, such as some for temporary files, has none to keep. */
	if (has_user) {
		char copy[3000];

		ck_assert_int_eq(getxattr(path, "user.note", copy, sizeof(copy)), 3000);
		ck_assert_mem_eq(copy, large, sizeof(large));
	}
	if (has_acl) {
		ck_assert_int_eq(getxattr(path, "system.posix_acl_access", value, sizeof(value)),
				 sizeof(acl));
		ck_assert_mem_eq(value, acl, sizeof(acl));
	}
	if (has_label) {
		ck_assert_int_eq(getxattr(path, "security.selinux", value, sizeof(value)), 38);
		ck_assert_str_eq(value, "system_u:object_r:ipsec_key_file_t:s0");
	}
}
END_TEST

/* Root in the worker's sandbox: of the rights over files it has CHOWN alone. */
static bool enter_sandbox(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1U << CAP_CHOWN,
						    .permitted = 1U << CAP_CHOWN } };

	return geteuid() == 0 && syscall(SYS_capset, &header, data) == 0;
}

START_TEST(in_the_sandbox_root_keeps_them_whatever_the_mode_and_whoever_the_owner_is)
{
	static const struct {
		const char *conn, *path;
		uid_t uid;
		gid_t gid;
		mode_t mode;
	} kept[] = {
		{ "b", "/etc/ipsec.d/b.conf", 0, 0, 0440 },
		{ "c", "/etc/ipsec.d/c.conf", 0, 1002, 0460 },
		{ "d", "/etc/ipsec.d/d.conf", 1001, 1002, 0644 },
	};
	bool has_note[ARRAY_SIZE(kept)];

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		char text[64];

		snprintf(text, sizeof(text), "conn %s\n\tike=x\n", kept[i].conn);
		make(kept[i].path, text);
		has_note[i] = setxattr(full_path(kept[i].path), "user.note", "n", 1, 0) == 0;
		ck_assert_int_eq(chmod(full_path(kept[i].path), kept[i].mode), 0);
		if (geteuid() == 0)
			ck_assert_int_eq(chown(full_path(kept[i].path), kept[i].uid, kept[i].gid),
					 0);
	}
	if (!enter_sandbox())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
		_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit =
			plan(files, kept[i].conn);
		struct stat st;

		ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
		ck_assert_int_eq(stat(full_path(kept[i].path), &st), 0);
		ck_assert_uint_eq(st.st_uid, kept[i].uid);
		ck_assert_uint_eq(st.st_gid, kept[i].gid);
		ck_assert_uint_eq(st.st_mode & 07777, kept[i].mode);
		if (has_note[i])
			ck_assert_int_eq(getxattr(full_path(kept[i].path), "user.note", NULL, 0),
					 1);
	}
}
END_TEST

START_TEST(a_file_that_was_changed_meanwhile_is_left_alone)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = plan(files, "a");

	make("/etc/ipsec.d/a.conf", "conn a\n\tike=z\n");
	ck_assert_int_eq(write_edit(files, edit, "changed by somebody"), IPSEC_FILES_REFUSED);
	check_contents("/etc/ipsec.d/a.conf", "conn a\n\tike=z\n");
	ck_assert_int_eq(unlink(full_path("/etc/ipsec.d/a.conf")), 0);
	ck_assert_int_ne(write_edit(files, edit, ""), IPSEC_FILES_DONE);
	ck_assert_uint_eq(count_files("/etc/ipsec.d"), 0);
}
END_TEST

START_TEST(a_second_editor_gives_way)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = plan(files, "a");
	int fd = open(full_path("/etc/ipsec.d"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(write_edit(files, edit, "somebody else"), IPSEC_FILES_REFUSED);
	close(fd);
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
}
END_TEST

START_TEST(what_a_crash_left_behind_is_cleared_away)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = plan(files, "a");

	make("/etc/ipsec.d/.a.conf.esp-offload", "half a te");
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
	ck_assert_uint_eq(count_files("/etc/ipsec.d"), 1);
}
END_TEST

START_TEST(other_names_of_a_file_are_a_reason_to_refuse)
{
	char other[256];

	strcpy(other, full_path("/etc/other"));
	ck_assert_int_eq(link(full_path("/etc/ipsec.d/a.conf"), other), 0);
	check_refused("a", "hard links");
	check_contents("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n");
}
END_TEST

START_TEST(a_link_is_followed_only_within_the_own_folders)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	struct stat st;

	make("/srv/b", "conn b\n\tike=x\n");
	link_to("/srv/b", "/etc/ipsec.d/b.conf");
	make("/etc/ipsec.d/real/c", "conn c\n\tike=x\n");
	link_to("real/c", "/etc/ipsec.d/c.conf");
	check_refused("b", "outside of the configuration's own folders");
	check_contents("/srv/b", "conn b\n\tike=x\n");

	files = load();
	edit = plan(files, "c");
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
	check_contents("/etc/ipsec.d/real/c", "conn c\n\tike=y\n");
	ck_assert_int_eq(lstat(full_path("/etc/ipsec.d/c.conf"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(a_link_beside_the_main_file_is_no_way_into_its_folder)
{
	make("/etc/secret", "conn b\n\tike=x\n");
	link_to("../secret", "/etc/ipsec.d/b.conf");
	check_refused("b", "outside of the configuration's own folders");
}
END_TEST

START_TEST(a_folder_that_is_a_link_is_still_the_own_one)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

	make("/srv/ipsec/b.conf", "conn b\n\tike=x\n");
	link_to("/srv/ipsec", "/etc/more");
	make("/etc/ipsec.conf", "include /etc/more/*.conf\n");
	files = load();
	edit = plan(files, "b");
	ck_assert_int_eq(write_edit(files, edit, NULL), IPSEC_FILES_DONE);
	check_contents("/srv/ipsec/b.conf", "conn b\n\tike=y\n");
}
END_TEST

START_TEST(a_name_that_no_include_can_match_is_found_or_the_edit_refused)
{
	static const struct {
		const char *include;
		bool refused;
	} rows[] = {
		{ "include /etc/ipsec.d/*.conf\n", false },
		{ "include /etc/ipsec.d/*\n", false },
		{ "include /etc/ipsec.d/a.conf\ninclude /etc/ipsec.d/.a*\n", false },
		{ "include /etc/ipsec.d/a.c*\ninclude /etc/ipsec.d/.*.n[o]ne\n", false },
		{ "include /etc/ipsec.d/{a,b}.conf\n", false },
		{ "include /etc/ipsec.d/{a.conf,.none}\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make("/etc/ipsec.conf", rows[i].include);
		make("/etc/ipsec.d/a.conf", "conn a\n\tike=x\n");
		_cleanup_(ipsec_files_freep) struct ipsec_files *files = load();
		_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = plan(files, "a");

		ck_assert_int_eq(write_edit(files, edit,
					    rows[i].refused ? "include takes up" : NULL),
				 rows[i].refused ? IPSEC_FILES_REFUSED : IPSEC_FILES_DONE);
	}
}
END_TEST

START_TEST(the_old_text_is_put_back_only_over_what_was_written)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	static const char old[] = "conn a\n\tike=x\n", new[] = "conn a\n\tike=y\n";
	char path[256];

	strcpy(path, full_path("/etc/ipsec.d/a.conf"));
	ck_assert_int_eq(ipsec_files_put_back(path, new, strlen(new), old, strlen(old), &result),
			 IPSEC_FILES_REFUSED);
	ipsec_files_result_done(&result);
	make("/etc/ipsec.d/a.conf", new);
	ck_assert_int_eq(ipsec_files_put_back(path, new, strlen(new), old, strlen(old), &result),
			 IPSEC_FILES_DONE);
	check_contents("/etc/ipsec.d/a.conf", old);
	ck_assert_uint_eq(count_files("/etc/ipsec.d"), 1);

	make("/srv/b", new);
	link_to("/srv/b", "/etc/ipsec.d/b.conf");
	strcpy(path, full_path("/etc/ipsec.d/b.conf"));
	ck_assert_int_ne(ipsec_files_put_back(path, new, strlen(new), old, strlen(old), &result),
			 IPSEC_FILES_DONE);
	check_contents("/srv/b", new);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		members_come_in_the_order_of_the_c_locale_without_those_with_a_dot,
		braces_are_expanded_for_4_x_only,
		relative_includes_begin_in_the_working_directory,
		a_dangling_link_a_folder_and_what_is_no_file,
		a_missing_folder_is_told,
		links_stay_within_the_root,
		an_empty_device_is_an_empty_file,
		a_root_that_is_not_there_is_an_error,
		the_new_text_takes_the_place_of_the_old_with_its_mode,
		owner_group_and_attributes_are_kept,
		in_the_sandbox_root_keeps_them_whatever_the_mode_and_whoever_the_owner_is,
		a_file_that_was_changed_meanwhile_is_left_alone,
		a_second_editor_gives_way,
		what_a_crash_left_behind_is_cleared_away,
		other_names_of_a_file_are_a_reason_to_refuse,
		a_link_is_followed_only_within_the_own_folders,
		a_link_beside_the_main_file_is_no_way_into_its_folder,
		a_folder_that_is_a_link_is_still_the_own_one,
		a_name_that_no_include_can_match_is_found_or_the_edit_refused,
		the_old_text_is_put_back_only_over_what_was_written,
	};

	return unit_run_fixture("ipsec-files", setup, cleanup, tests, ARRAY_SIZE(tests));
}

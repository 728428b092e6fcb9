/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watches.h"

#include <sys/stat.h>

#include "temporary.h"
#include "unit.h"

static sd_event *event;
static struct watches *watches;
static size_t n_changes;

static void changed(void *userdata _unused_, const char *why _unused_)
{
	n_changes++;
}

static void make_folder(const char *name)
{
	ck_assert_int_eq(mkdir(temporary_path(name), 0700), 0);
}

static void move(const char *from, const char *to)
{
	char old[256];

	strcpy(old, temporary_path(from));
	ck_assert_int_eq(rename(old, temporary_path(to)), 0);
}

static void begin(void)
{
	temporary_make();
	make_folder("etc");
	make_folder("etc/ipsec.d");
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(watches_new(event, temporary_dir, changed, NULL, &watches), 0);
}

static void end(void)
{
	watches_free(watches);
	sd_event_unref(event);
	temporary_remove();
}

/* Whether what was done until now is seen. */
static bool is_seen(void)
{
	n_changes = 0;
	while (sd_event_run(event, 0) > 0)
		;
	return n_changes > 0;
}

static bool is_write_seen(const char *name)
{
	FILE *f = fopen(temporary_path(name), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fclose(f), 0);
	return is_seen();
}

START_TEST(a_file_of_libreswan_that_changes_is_seen)
{
	begin();
	ck_assert(is_write_seen("etc/ipsec.conf"));
	ck_assert(!is_write_seen("etc/passwd"));
	ck_assert(is_write_seen("etc/ipsec.d/example.conf"));
	end();
}
END_TEST

START_TEST(files_in_a_folder_that_took_the_place_of_another_are_seen)
{
	begin();
	move("etc/ipsec.d", "etc/ipsec.d.old");
	make_folder("etc/ipsec.d");
	ck_assert(is_seen());
	ck_assert(is_write_seen("etc/ipsec.d/example.conf"));
	ck_assert(!is_write_seen("etc/ipsec.d.old/example.conf"));

	/* As of a tool that puts a whole tree in place. */
	make_folder("etc/new");
	move("etc/ipsec.d", "etc/ipsec.d.older");
	move("etc/new", "etc/ipsec.d");
	ck_assert(is_seen());
	ck_assert(is_write_seen("etc/ipsec.d/example.conf"));
	end();
}
END_TEST

UNIT_MAIN("watches", a_file_of_libreswan_that_changes_is_seen,
	  files_in_a_folder_that_took_the_place_of_another_are_seen)

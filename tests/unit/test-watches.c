/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watches.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "own-bus.h"
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

/* How often one of the systemds that are played was asked for its signals, in memory of all. */
static unsigned int *subscribed;

static int on_subscribe(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error _unused_)
{
	++*subscribed;
	return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int play_systemd(sd_bus *b, const void *play _unused_)
{
	int r = sd_bus_add_object_vtable(b, NULL, "/org/freedesktop/systemd1",
					 "org.freedesktop.systemd1.Manager", manager_vtable, NULL);

	return r < 0 ? r : sd_bus_request_name(b, "org.freedesktop.systemd1", 0);
}

static void expect_subscribed(unsigned int n)
{
	for (int i = 0; i < 50 && *subscribed < n; i++)
		(void)sd_event_run(event, 100000);
	ck_assert_uint_eq(*subscribed, n);
}

START_TEST(a_systemd_that_comes_back_to_the_bus_is_asked_for_its_signals_anew)
{
	pid_t systemd;
	sd_bus *bus;

	subscribed = mmap(NULL, sizeof(*subscribed), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	begin();
	own_bus_start();
	bus = own_bus_connect();
	ck_assert_ptr_nonnull(bus);
	ck_assert_int_ge(sd_bus_attach_event(bus, event, 0), 0);
	/* It comes later than the daemon, as with a bus that was started anew. */
	ck_assert_int_ge(watches_set_bus(watches, bus), 0);
	for (int i = 0; i < 20; i++)
		(void)sd_event_run(event, 20000);
	for (unsigned int n = 1; n <= 2; n++) {
		(void)is_seen();
		systemd = own_bus_play(play_systemd, NULL);
		expect_subscribed(n);
		/* What changed while nobody told it. */
		ck_assert_uint_ge(n_changes, 1);
		own_bus_end(&systemd);
	}
	ck_assert_int_ge(watches_set_bus(watches, NULL), 0);
	sd_bus_detach_event(bus);
	sd_bus_flush_close_unref(bus);
	own_bus_stop();
	end();
	munmap(subscribed, sizeof(*subscribed));
}
END_TEST

UNIT_MAIN("watches", a_file_of_libreswan_that_changes_is_seen,
	  a_systemd_that_comes_back_to_the_bus_is_asked_for_its_signals_anew,
	  files_in_a_folder_that_took_the_place_of_another_are_seen)

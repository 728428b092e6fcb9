/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profiles.h"

#include "unit.h"

/* What NetworkManager has, from a table; and what comes of it. */

#define BOND(name, p)                                                                              \
	.path = p, .uuid = "uuid-" p, .type = "bond", .interface = name, .autoconnect = true,      \
	.autoconnect_ports = -1, .esp_hw_offload = -1
#define PORT(name, p)                                                                              \
	.path = p, .uuid = "uuid-" p, .type = "802-3-ethernet", .interface = name,                 \
	.autoconnect = true, .port_type = "bond"

static struct facts_profile *found;
static size_t n_found;

static void find_in(const struct profiles *profiles)
{
	ck_assert_int_eq(profiles_of_bonds(profiles, &found, &n_found), 0);
}

static void find(const struct profile *items, size_t n)
{
	const struct profiles profiles = { .items = items, .n = n };

	find_in(&profiles);
}

static void done(void)
{
	found = facts_profiles_free(found, n_found);
}

START_TEST(a_profile_tells_what_stands_in_it)
{
	const struct profile p = {
		.path = "/1",
		.filename = "/etc/NetworkManager/system-connections/a",
		.id = "a",
		.uuid = "u",
		.type = "bond",
		.interface = "bond0",
		.autoconnect = true,
		.autoconnect_ports = 1,
		.esp_hw_offload = 1,
	};

	find(&p, 1);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_str_eq(found->bond, "bond0");
	ck_assert_str_eq(found->uuid, "u");
	ck_assert_str_eq(found->id, "a");
	ck_assert_str_eq(found->path, "/1");
	ck_assert_str_eq(found->filename, p.filename);
	ck_assert_ptr_null(found->device_path);
	ck_assert(found->writable && found->autoconnect && !found->active);
	ck_assert_int_eq(found->autoconnect_ports, 1);
	ck_assert_int_eq(found->esp_hw_offload, 1);
	done();
}
END_TEST

START_TEST(what_is_not_in_a_file_has_none)
{
	const struct profile p[] = { { BOND("bond0", "/1"), .filename = "" },
				     { BOND("bond1", "/2") } };

	find(p, 2);
	ck_assert_ptr_null(found[0].filename);
	ck_assert_ptr_null(found[1].filename);
	ck_assert(!found[0].writable && !found[1].writable);
	ck_assert_ptr_null(found[0].id);
	done();
}
END_TEST

START_TEST(only_a_file_that_is_kept_is_written_to)
{
	static const char file[] = "/etc/NetworkManager/system-connections/a";

	ck_assert(profile_is_writable(0, file));
	ck_assert(profile_is_writable(1 << 4, file));
	ck_assert(!profile_is_writable(PROFILE_UNSAVED, file));
	ck_assert(!profile_is_writable(PROFILE_GENERATED, file));
	ck_assert(!profile_is_writable(PROFILE_VOLATILE, file));
	ck_assert(!profile_is_writable(PROFILE_EXTERNAL, file));
	ck_assert(!profile_is_writable(0, "/usr/lib/NetworkManager/system-connections/a"));
	ck_assert(!profile_is_writable(0, "/run/NetworkManager/system-connections/a"));
	ck_assert(profile_is_writable(0, "/runs/a"));
	ck_assert(!profile_is_writable(0, ""));
	ck_assert(!profile_is_writable(0, NULL));
}
END_TEST

START_TEST(only_what_is_for_a_bond_counts)
{
	struct profile p[] = { { BOND("bond0", "/1") },
			       { BOND(NULL, "/2") },
			       { BOND("bond0", "/3") } };

	p[0].type = "bridge";
	p[2].type = NULL;
	find(p, 3);
	ck_assert_uint_eq(n_found, 0);
	done();
}
END_TEST

/* Which of two profiles it is. */
static void prefers(const struct profile *a, const struct profile *b, const char *path)
{
	const struct profile both[] = { *a, *b };

	find(both, 2);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_str_eq(found->path, path);
	done();
}

static void better(const struct profile *good, const struct profile *bad)
{
	prefers(good, bad, good->path);
	prefers(bad, good, good->path);
}

START_TEST(of_several_it_is_the_one_that_would_autoconnect)
{
	const struct profile plain = { BOND("bond0", "/1") };
	const struct profile high = { BOND("bond0", "/2"), .autoconnect_priority = 1 };
	const struct profile low = { BOND("bond0", "/3"), .autoconnect_priority = -1,
				     .timestamp = 9 };
	const struct profile used = { BOND("bond0", "/4"), .timestamp = 5 };
	const struct profile used_later = { BOND("bond0", "/5"), .timestamp = UINT64_MAX };
	struct profile off = { BOND("bond0", "/6"), .autoconnect_priority = 7, .timestamp = 8 };

	off.autoconnect = false;
	better(&high, &plain);
	better(&plain, &low);
	better(&used, &plain);
	better(&used_later, &used);
	better(&high, &used_later);
	better(&low, &off);
}
END_TEST

START_TEST(of_equals_it_is_the_first)
{
	const struct profile a = { BOND("bond0", "/1") }, b = { BOND("bond0", "/2") };

	prefers(&a, &b, "/1");
	prefers(&b, &a, "/2");
}
END_TEST

START_TEST(where_none_autoconnects_it_is_the_one_used_last)
{
	struct profile a = { BOND("bond0", "/1"), .timestamp = 3 };
	struct profile b = { BOND("bond0", "/2"), .timestamp = 4 };

	a.autoconnect = b.autoconnect = false;
	better(&b, &a);
}
END_TEST

START_TEST(what_is_active_on_the_device_counts_first)
{
	const struct profile p[] = {
		{ BOND("bond0", "/better"), .autoconnect_priority = 9 },
		{ BOND("bond0", "/active") },
	};
	const struct profile_activation a[] = { { "/a1", "/gone", PROFILE_ACTIVATED },
						{ "/a2", "/active", PROFILE_ACTIVATING } };
	struct profile_bond bond = { "/d", "bond0", "/a2" };
	const struct profiles all = { p, 2, &bond, 1, a, 2 };

	find_in(&all);
	ck_assert_str_eq(found->path, "/active");
	ck_assert_str_eq(found->device_path, "/d");
	ck_assert(found->active);
	done();

	/* What is active is no profile that can be seen, or nothing. */
	bond.activation = "/a1";
	find_in(&all);
	ck_assert_str_eq(found->path, "/better");
	ck_assert(!found->active);
	done();
	bond.activation = "/";
	find_in(&all);
	ck_assert_str_eq(found->path, "/better");
	done();
	bond.activation = NULL;
	find_in(&all);
	ck_assert_str_eq(found->path, "/better");
	done();
}
END_TEST

START_TEST(an_activation_that_ends_is_none)
{
	const struct profile p = { BOND("bond0", "/1") };
	const struct profile_bond bond = { "/d", "bond0", "/a" };

	for (uint32_t state = 0; state < 6; state++) {
		const struct profile_activation a = { "/a", "/1", state };
		const struct profiles all = { &p, 1, &bond, 1, &a, 1 };

		find_in(&all);
		ck_assert_uint_eq(n_found, 1);
		ck_assert_int_eq(found->active, state == 1 || state == 2);
		done();
	}
}
END_TEST

START_TEST(a_profile_without_its_device_is_not_active)
{
	const struct profile p = { BOND("bond0", "/1") };
	const struct profile_activation a = { "/a", "/1", PROFILE_ACTIVATING };
	const struct profiles all = { .items = &p, .n = 1, .activations = &a, .n_activations = 1 };

	find_in(&all);
	ck_assert(!found->active);
	done();
}
END_TEST

START_TEST(a_bond_without_a_profile_is_left_out)
{
	const struct profile_bond bonds[] = { { "/d", "bond0", NULL }, { "/e", NULL, NULL } };
	const struct profiles all = { .bonds = bonds, .n_bonds = 2 };

	find_in(&all);
	ck_assert_uint_eq(n_found, 0);
	done();
}
END_TEST

START_TEST(bonds_come_by_name_and_once)
{
	const struct profile p[] = { { BOND("bond9", "/1") },
				     { BOND("bond1", "/2") },
				     { BOND("bond1", "/3") },
				     { BOND("bond0", "/4") } };
	const struct profile_bond bonds[] = { { "/d", "bond1", NULL }, { "/e", "bond1", NULL } };
	const struct profiles all = { .items = p, .n = 4, .bonds = bonds, .n_bonds = 2 };

	find_in(&all);
	ck_assert_uint_eq(n_found, 3);
	ck_assert_str_eq(found[0].bond, "bond0");
	ck_assert_str_eq(found[1].bond, "bond1");
	ck_assert_str_eq(found[1].device_path, "/d");
	ck_assert_str_eq(found[2].bond, "bond9");
	done();
}
END_TEST

START_TEST(a_name_that_no_link_can_have_is_left_out)
{
	char name[FACTS_NAME_SIZE + 1];
	const struct profile p[] = { { BOND(name, "/1") }, { BOND("bond0", "/2") } };

	memset(name, 'b', FACTS_NAME_SIZE);
	name[FACTS_NAME_SIZE] = '\0';
	find(p, 2);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_str_eq(found->bond, "bond0");
	done();

	name[FACTS_NAME_SIZE - 1] = '\0';
	find(p, 2);
	ck_assert_uint_eq(n_found, 2);
	ck_assert_str_eq(found[0].bond, name);
	done();
}
END_TEST

START_TEST(other_values_of_autoconnect_ports_mean_the_default)
{
	static const struct {
		int32_t said;
		int taken;
	} values[] = { { -1, -1 }, { 0, 0 }, { 1, 1 }, { 2, -1 }, { INT32_MIN, -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct profile p = { BOND("bond0", "/1") };

		p.autoconnect_ports = values[i].said;
		find(&p, 1);
		ck_assert_int_eq(found->autoconnect_ports, values[i].taken);
		done();
	}
}
END_TEST

/* How many ports of bond0 are held back; the first profile is the bond's. */
static size_t held_back(const struct profile *items, size_t n, const char *active)
{
	const struct profile_activation a = { "/a", active, PROFILE_ACTIVATED };
	const struct profiles all = { items, n, NULL, 0, &a, active ? 1 : 0 };
	size_t count;

	find_in(&all);
	ck_assert_uint_eq(n_found, 1);
	count = found->n_ports_held_back;
	done();
	return count;
}

START_TEST(a_port_without_autoconnect_is_held_back)
{
	struct profile p[] = {
		{ BOND("bond0", "/1") },
		{ PORT("ix0", "/2"), .above = "bond0" },
		{ PORT("ix1", "/3"), .above = "uuid-/1" },
		{ PORT("ix2", "/4"), .above = "bond1" },
		{ PORT("ix3", "/5") },
		{ PORT("ix4", "/6"), .above = "bond0" },
		{ PORT("ix5", "/7"), .above = "bond0" },
	};

	p[5].port_type = "bridge";
	p[6].port_type = NULL;
	ck_assert_uint_eq(held_back(p, 7, NULL), 0);
	for (size_t i = 1; i < 7; i++)
		p[i].autoconnect = false;
	ck_assert_uint_eq(held_back(p, 7, NULL), 2);
}
END_TEST

START_TEST(another_profile_for_the_same_port_brings_it_back)
{
	struct profile p[] = {
		{ BOND("bond0", "/1") },
		{ PORT("ix0", "/2"), .above = "bond0" },
		{ PORT("ix0", "/3"), .above = "bond0" },
	};

	p[1].autoconnect = false;
	ck_assert_uint_eq(held_back(p, 3, NULL), 0);
	/* It is what is active that has to come back, and it would not. */
	ck_assert_uint_eq(held_back(p, 3, "/2"), 1);
	p[2].autoconnect = false;
	ck_assert_uint_eq(held_back(p, 3, NULL), 2);
	/* The other one is active, and held back in its own right. */
	ck_assert_uint_eq(held_back(p, 3, "/3"), 1);
	p[2].interface = "ix1";
	p[2].autoconnect = true;
	ck_assert_uint_eq(held_back(p, 3, NULL), 1);
	p[2].interface = "ix0";
	p[2].above = "bond1";
	ck_assert_uint_eq(held_back(p, 3, NULL), 1);
}
END_TEST

UNIT_MAIN("profiles", a_profile_tells_what_stands_in_it, what_is_not_in_a_file_has_none,
	  only_a_file_that_is_kept_is_written_to, only_what_is_for_a_bond_counts,
	  of_several_it_is_the_one_that_would_autoconnect, of_equals_it_is_the_first,
	  where_none_autoconnects_it_is_the_one_used_last,
	  what_is_active_on_the_device_counts_first, an_activation_that_ends_is_none,
	  a_profile_without_its_device_is_not_active, a_bond_without_a_profile_is_left_out,
	  bonds_come_by_name_and_once, a_name_that_no_link_can_have_is_left_out,
	  other_values_of_autoconnect_ports_mean_the_default,
	  a_port_without_autoconnect_is_held_back, another_profile_for_the_same_port_brings_it_back)

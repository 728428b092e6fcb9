/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profiles.h"

#include <stdio.h>

#include "array.h"

bool profile_is_writable(uint32_t flags, const char *filename)
{
	const uint32_t fleeting =
		PROFILE_UNSAVED | PROFILE_GENERATED | PROFILE_VOLATILE | PROFILE_EXTERNAL;

	/*
	 * NetworkManager keeps a changed copy of a file in /usr/lib or /run in /etc. It would
	 * stay there after an undo, and hide what the package or the generator does from then on.
	 */
	return filename && *filename && !(flags & fleeting) && !has_prefix(filename, "/usr/") &&
	       !has_prefix(filename, "/run/");
}

/* True when its activation is under way or complete. */
static bool is_active(const struct profiles *all, const struct profile *p)
{
	for (size_t i = 0; i < all->n_activations; i++) {
		const struct profile_activation *a = &all->activations[i];

		if (streq_ptr(a->profile, p->path) &&
		    (a->state == PROFILE_ACTIVATING || a->state == PROFILE_ACTIVATED))
			return true;
	}
	return false;
}

static bool is_port_of(const struct profile *p, const char *bond, const char *bond_uuid)
{
	return p->above && p->port_type && streq(p->port_type, "bond") &&
	       (streq(p->above, bond) || streq(p->above, bond_uuid));
}

/* True when @a would be activated rather than @b: as NetworkManager sorts what autoconnects. */
static bool is_preferred(const struct profile *a, const struct profile *b)
{
	if (a->autoconnect != b->autoconnect)
		return a->autoconnect;
	if (a->autoconnect_priority != b->autoconnect_priority)
		return a->autoconnect_priority > b->autoconnect_priority;
	return a->timestamp > b->timestamp;
}

/* The name of the bond that a profile is for; NULL for other profiles. */
static const char *bond_of(const struct profile *p)
{
	return streq_ptr(p->type, "bond") ? p->interface : NULL;
}

static const struct profile *preferred_profile(const struct profiles *all, const char *bond)
{
	const struct profile *best = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const struct profile *p = &all->items[i];

		if (streq_ptr(bond_of(p), bond) && (!best || is_preferred(p, best)))
			best = p;
	}
	return best;
}

/* True when another profile for the same port would bring it back instead. */
static bool has_substitute(const struct profiles *all, const struct profile *p, const char *bond,
			   const char *bond_uuid)
{
	/* What is active now is what a re-activation has to bring back. */
	if (is_active(all, p))
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct profile *other = &all->items[i];

		if (other != p && is_port_of(other, bond, bond_uuid) &&
		    streq_ptr(other->interface, p->interface) &&
		    (other->autoconnect || is_active(all, other)))
			return true;
	}
	return false;
}

static size_t count_held_back(const struct profiles *all, const char *bond, const char *bond_uuid)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct profile *p = &all->items[i];

		if (is_port_of(p, bond, bond_uuid) && !p->autoconnect &&
		    !has_substitute(all, p, bond, bond_uuid))
			n++;
	}
	return n;
}

/* Copies a text that may be missing. */
static int copy(const char *s, char **ret)
{
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? -ENOMEM : 0;
}

static int describe(const struct profiles *all, const char *bond, const char *device,
		    const struct profile *p, struct facts_profile *ret)
{
	bool in_file = p->filename && *p->filename;

	snprintf(ret->bond, sizeof(ret->bond), "%s", bond);
	snprintf(ret->uuid, sizeof(ret->uuid), "%s", p->uuid);
	ret->active = device && is_active(all, p);
	ret->writable = profile_is_writable(p->flags, p->filename);
	ret->autoconnect = p->autoconnect;
	ret->autoconnect_ports =
		p->autoconnect_ports == 0 || p->autoconnect_ports == 1 ? p->autoconnect_ports : -1;
	ret->esp_hw_offload = p->esp_hw_offload;
	ret->n_ports_held_back = count_held_back(all, bond, p->uuid);
	if (copy(p->id, &ret->id) < 0 || copy(p->path, &ret->path) < 0 ||
	    copy(device, &ret->device_path) < 0 ||
	    copy(in_file ? p->filename : NULL, &ret->filename) < 0)
		return -ENOMEM;
	return 0;
}

struct found {
	struct facts_profile *items;
	size_t n;
	size_t alloc;
};

static bool is_there(const struct found *found, const char *bond)
{
	for (size_t i = 0; i < found->n; i++)
		if (streq(found->items[i].bond, bond))
			return true;
	return false;
}

static int add(const struct profiles *all, struct found *found, const char *bond,
	       const char *device, const struct profile *p)
{
	if (!p || strlen(bond) >= FACTS_NAME_SIZE)
		return 0;
	if (ARRAY_GROW(found) < 0)
		return -ENOMEM;
	/* Counted before it is filled, so that half of one is freed as well. */
	return describe(all, bond, device, p, &found->items[found->n++]);
}

static const struct profile *profile_at(const struct profiles *all, const char *path)
{
	for (size_t i = 0; path && i < all->n; i++)
		if (streq(all->items[i].path, path))
			return &all->items[i];
	return NULL;
}

static const struct profile *profile_of_device(const struct profiles *all,
					       const struct profile_bond *bond)
{
	const struct profile *p = NULL;

	for (size_t i = 0; bond->activation && i < all->n_activations; i++)
		if (streq(all->activations[i].path, bond->activation))
			p = profile_at(all, all->activations[i].profile);
	return p ? p : preferred_profile(all, bond->interface);
}

static int compare(const void *a, const void *b)
{
	const struct facts_profile *x = a, *y = b;

	return strcmp(x->bond, y->bond);
}

static int find(const struct profiles *all, struct found *found)
{
	int r;

	for (size_t i = 0; i < all->n_bonds; i++) {
		const struct profile_bond *bond = &all->bonds[i];

		if (!bond->interface || is_there(found, bond->interface))
			continue;
		r = add(all, found, bond->interface, bond->path, profile_of_device(all, bond));
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < all->n; i++) {
		const char *bond = bond_of(&all->items[i]);

		if (!bond || is_there(found, bond))
			continue;
		r = add(all, found, bond, NULL, preferred_profile(all, bond));
		if (r < 0)
			return r;
	}
	if (found->n > 1)
		qsort(found->items, found->n, sizeof(*found->items), compare);
	return 0;
}

int profiles_of_bonds(const struct profiles *profiles, struct facts_profile **ret, size_t *ret_n)
{
	struct found found = { 0 };
	int r;

	r = find(profiles, &found);
	if (r < 0) {
		facts_profiles_free(found.items, found.n);
		return r;
	}
	*ret = found.items;
	*ret_n = found.n;
	return 0;
}

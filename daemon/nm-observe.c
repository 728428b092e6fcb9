/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-private.h"

#include <stdio.h>

#include "array.h"

bool nm_profile_is_writable(NMRemoteConnection *profile)
{
	const NMSettingsConnectionFlags fleeting =
		NM_SETTINGS_CONNECTION_FLAG_UNSAVED | NM_SETTINGS_CONNECTION_FLAG_NM_GENERATED |
		NM_SETTINGS_CONNECTION_FLAG_VOLATILE | NM_SETTINGS_CONNECTION_FLAG_EXTERNAL;
	const char *file = nm_remote_connection_get_filename(profile);

	/*
	 * NetworkManager keeps a changed copy of a file in /usr/lib or /run in /etc. It would
	 * stay there after an undo, and hide what the package or the generator does from then on.
	 */
	return file && *file && !(nm_remote_connection_get_flags(profile) & fleeting) &&
	       !has_prefix(file, "/usr/") && !has_prefix(file, "/run/");
}

NMActiveConnection *nm_active_of(struct nm *nm, NMRemoteConnection *profile)
{
	const GPtrArray *all = nm_client_get_active_connections(nm->client);

	for (guint i = 0; i < all->len; i++) {
		NMActiveConnection *active = all->pdata[i];
		NMActiveConnectionState state = nm_active_connection_get_state(active);

		if (nm_active_connection_get_connection(active) == profile &&
		    (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATING ||
		     state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED))
			return active;
	}
	return NULL;
}

static NMSettingConnection *setting_of(NMRemoteConnection *profile)
{
	return nm_connection_get_setting_connection(NM_CONNECTION(profile));
}

bool nm_is_port_of(NMRemoteConnection *profile, const char *bond, const char *bond_uuid)
{
	NMSettingConnection *s = setting_of(profile);
	const char *above = s ? nm_setting_connection_get_master(s) : NULL;
	const char *type = s ? nm_setting_connection_get_slave_type(s) : NULL;

	return above && type && streq(type, NM_SETTING_BOND_SETTING_NAME) &&
	       (streq(above, bond) || streq_ptr(above, bond_uuid));
}

/* True when @a would be activated rather than @b: as NetworkManager sorts what autoconnects. */
static bool is_preferred(NMSettingConnection *a, NMSettingConnection *b)
{
	bool auto_a = nm_setting_connection_get_autoconnect(a);
	bool auto_b = nm_setting_connection_get_autoconnect(b);
	int priority_a = nm_setting_connection_get_autoconnect_priority(a);
	int priority_b = nm_setting_connection_get_autoconnect_priority(b);

	if (auto_a != auto_b)
		return auto_a;
	if (priority_a != priority_b)
		return priority_a > priority_b;
	return nm_setting_connection_get_timestamp(a) > nm_setting_connection_get_timestamp(b);
}

/* The name of the bond that a profile is for; NULL for other profiles. */
static const char *bond_of(NMRemoteConnection *profile)
{
	return nm_connection_is_type(NM_CONNECTION(profile), NM_SETTING_BOND_SETTING_NAME)
		       ? nm_connection_get_interface_name(NM_CONNECTION(profile))
		       : NULL;
}

static NMRemoteConnection *preferred_profile(struct nm *nm, const char *bond)
{
	const GPtrArray *all = nm_client_get_connections(nm->client);
	NMRemoteConnection *best = NULL;

	for (guint i = 0; i < all->len; i++) {
		NMRemoteConnection *profile = all->pdata[i];

		if (streq_ptr(bond_of(profile), bond) && setting_of(profile) &&
		    (!best || is_preferred(setting_of(profile), setting_of(best))))
			best = profile;
	}
	return best;
}

/* True when another profile for the same port would bring it back instead. */
static bool has_substitute(struct nm *nm, NMRemoteConnection *profile, const char *bond,
			   const char *bond_uuid)
{
	const GPtrArray *all = nm_client_get_connections(nm->client);
	const char *port = nm_connection_get_interface_name(NM_CONNECTION(profile));

	/* What is active now is what a re-activation has to bring back. */
	if (nm_active_of(nm, profile))
		return false;
	for (guint i = 0; i < all->len; i++) {
		NMRemoteConnection *other = all->pdata[i];

		if (other != profile && nm_is_port_of(other, bond, bond_uuid) &&
		    streq_ptr(nm_connection_get_interface_name(NM_CONNECTION(other)), port) &&
		    (nm_active_of(nm, other) ||
		     nm_setting_connection_get_autoconnect(setting_of(other))))
			return true;
	}
	return false;
}

static size_t count_held_back(struct nm *nm, const char *bond, const char *bond_uuid)
{
	const GPtrArray *all = nm_client_get_connections(nm->client);
	size_t n = 0;

	for (guint i = 0; i < all->len; i++) {
		NMRemoteConnection *profile = all->pdata[i];

		if (nm_is_port_of(profile, bond, bond_uuid) &&
		    !nm_setting_connection_get_autoconnect(setting_of(profile)) &&
		    !has_substitute(nm, profile, bond, bond_uuid))
			n++;
	}
	return n;
}

static int autoconnect_ports_of(NMSettingConnection *s)
{
	switch (nm_setting_connection_get_autoconnect_slaves(s)) {
	case NM_SETTING_CONNECTION_AUTOCONNECT_SLAVES_NO:
		return 0;
	case NM_SETTING_CONNECTION_AUTOCONNECT_SLAVES_YES:
		return 1;
	default:
		return -1;
	}
}

static int feature_of(NMRemoteConnection *profile)
{
	NMSetting *s = nm_connection_get_setting(NM_CONNECTION(profile), NM_TYPE_SETTING_ETHTOOL);
	gboolean on;

	if (!s || !nm_setting_option_get_boolean(s, NM_ETHTOOL_OPTNAME_FEATURE_ESP_HW_OFFLOAD, &on))
		return -1;
	return on;
}

/* Copies a text that may be missing. */
static int copy(const char *s, char **ret)
{
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? -ENOMEM : 0;
}

static int describe(struct nm *nm, const char *bond, NMDevice *device, NMRemoteConnection *profile,
		    struct facts_profile *p)
{
	NMConnection *c = NM_CONNECTION(profile);
	NMSettingConnection *s = setting_of(profile);
	const char *file = nm_remote_connection_get_filename(profile);

	snprintf(p->bond, sizeof(p->bond), "%s", bond);
	snprintf(p->uuid, sizeof(p->uuid), "%s", nm_connection_get_uuid(c));
	p->active = device && nm_active_of(nm, profile);
	p->writable = nm_profile_is_writable(profile);
	p->autoconnect = nm_setting_connection_get_autoconnect(s);
	p->autoconnect_ports = autoconnect_ports_of(s);
	p->esp_hw_offload = feature_of(profile);
	p->n_ports_held_back = count_held_back(nm, bond, p->uuid);
	if (copy(nm_connection_get_id(c), &p->id) < 0 ||
	    copy(nm_connection_get_path(c), &p->path) < 0 ||
	    copy(device ? nm_object_get_path(NM_OBJECT(device)) : NULL, &p->device_path) < 0 ||
	    copy(file && *file ? file : NULL, &p->filename) < 0)
		return -ENOMEM;
	return 0;
}

struct profiles {
	struct facts_profile *items;
	size_t n;
	size_t alloc;
};

static int add(struct nm *nm, struct profiles *v, const char *bond, NMDevice *device,
	       NMRemoteConnection *profile)
{
	if (strlen(bond) >= FACTS_NAME_SIZE || !setting_of(profile) ||
	    !nm_connection_get_uuid(NM_CONNECTION(profile)))
		return 0;
	if (ARRAY_GROW(v) < 0)
		return -ENOMEM;
	/* Counted before it is filled, so that half of one is freed as well. */
	return describe(nm, bond, device, profile, &v->items[v->n++]);
}

static bool is_there(const struct profiles *v, const char *bond)
{
	for (size_t i = 0; i < v->n; i++)
		if (streq(v->items[i].bond, bond))
			return true;
	return false;
}

static NMRemoteConnection *profile_of_device(struct nm *nm, NMDevice *device)
{
	NMActiveConnection *active = nm_device_get_active_connection(device);
	NMRemoteConnection *profile = NULL;

	if (active)
		profile = nm_active_connection_get_connection(active);
	return profile ? profile : preferred_profile(nm, nm_device_get_iface(device));
}

static int compare(const void *a, const void *b)
{
	const struct facts_profile *x = a, *y = b;

	return strcmp(x->bond, y->bond);
}

static int observe(struct nm *nm, struct profiles *v)
{
	const GPtrArray *devices = nm_client_get_devices(nm->client);
	const GPtrArray *all = nm_client_get_connections(nm->client);
	int r;

	for (guint i = 0; i < devices->len; i++) {
		NMDevice *device = devices->pdata[i];
		const char *bond = nm_device_get_iface(device);
		NMRemoteConnection *profile;

		if (!NM_IS_DEVICE_BOND(device) || !bond || is_there(v, bond))
			continue;
		profile = profile_of_device(nm, device);
		if (!profile)
			continue;
		r = add(nm, v, bond, device, profile);
		if (r < 0)
			return r;
	}
	for (guint i = 0; i < all->len; i++) {
		const char *bond = bond_of(all->pdata[i]);

		if (!bond || is_there(v, bond))
			continue;
		r = add(nm, v, bond, NULL, preferred_profile(nm, bond));
		if (r < 0)
			return r;
	}
	if (v->n > 1)
		qsort(v->items, v->n, sizeof(*v->items), compare);
	return 0;
}

int nm_observe(struct nm *nm, uint64_t limit_usec, struct facts_profile **ret, size_t *ret_n)
{
	struct profiles v = { 0 };
	int r;

	nm_enter(nm);
	r = nm_refresh(nm, nm_now() + limit_usec);
	if (r >= 0)
		r = observe(nm, &v);
	nm_leave(nm);
	if (r < 0) {
		nm_profiles_free(v.items, v.n);
		return r;
	}
	*ret = v.items;
	*ret_n = v.n;
	return 0;
}

struct facts_profile *nm_profiles_free(struct facts_profile *profiles, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(profiles[i].id);
		free(profiles[i].path);
		free(profiles[i].device_path);
		free(profiles[i].filename);
	}
	free(profiles);
	return NULL;
}

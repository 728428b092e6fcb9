/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-private.h"

/*
 * A NetworkManager that is restarted while a bond is between two activations makes up a profile of
 * what it finds. The bond works by that, yet nobody has written it, and it is gone with the bond.
 */

/* While it starts it has not said yet what it makes of the devices. */
static int wait_started(struct nm *nm, uint64_t deadline)
{
	int r = nm_refresh(nm, deadline);

	while (r >= 0 && nm_client_get_startup(nm->client)) {
		if (!nm_iterate(nm, deadline))
			return nm_failed(nm, -ETIMEDOUT, "NetworkManager does not finish starting");
		if (!nm_client_get_nm_running(nm->client))
			r = nm_failed(nm, -ESRCH, "NetworkManager went away");
	}
	return r;
}

static bool is_made_up(NMRemoteConnection *profile)
{
	const NMSettingsConnectionFlags made_up =
		NM_SETTINGS_CONNECTION_FLAG_NM_GENERATED | NM_SETTINGS_CONNECTION_FLAG_EXTERNAL;

	return (nm_remote_connection_get_flags(profile) & made_up) != 0;
}

/* True where the bond has a profile that was made up, or is left without any. */
static bool has_lost_profile(struct nm *nm, const char *bond)
{
	NMDevice *device = nm_managed_device(nm, bond);
	NMActiveConnection *active = device ? nm_device_get_active_connection(device) : NULL;
	NMRemoteConnection *profile = active ? nm_active_connection_get_connection(active) : NULL;

	if (!device)
		return false;
	if (!active)
		return nm_device_get_state(device) == NM_DEVICE_STATE_DISCONNECTED;
	return profile && is_made_up(profile);
}

/* Return: the ports that NetworkManager has, ending in NULL; or NULL where memory runs out. */
static const char **managed_ports(struct nm *nm, const char *const *ports)
{
	const char **managed;
	size_t n = 0;

	while (ports[n])
		n++;
	managed = calloc(n + 1, sizeof(*managed));
	if (!managed)
		return NULL;
	for (n = 0; *ports; ports++)
		if (nm_managed_device(nm, *ports))
			managed[n++] = *ports;
	return managed;
}

static int activate(struct nm *nm, const char *uuid, const char *bond, const char *const *ports,
		    uint64_t limit_usec)
{
	_cleanup_(nm_outcome_done) struct nm_outcome outcome = NM_OUTCOME_NULL;
	_cleanup_free_ const char **managed = managed_ports(nm, ports);
	int r;

	if (!managed)
		return -ENOMEM;
	r = nm_activate(nm, uuid, bond, managed, limit_usec, &outcome);
	if (r < 0)
		return r;
	return outcome.activated ? 1 : nm_failed(nm, -EIO, "%s", outcome.error);
}

int nm_hand_back(struct nm *nm, const char *uuid, const char *bond, const char *const *ports,
		 uint64_t limit_usec)
{
	bool lost = false;
	int r;

	nm_enter(nm);
	r = wait_started(nm, nm_now() + limit_usec);
	if (r >= 0)
		lost = has_lost_profile(nm, bond) &&
		       nm_client_get_connection_by_uuid(nm->client, uuid);
	nm_leave(nm);
	if (r < 0)
		return r;
	return lost ? activate(nm, uuid, bond, ports, limit_usec) : 0;
}

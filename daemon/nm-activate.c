/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-private.h"

#include "array.h"
#include "text.h"

/* How long a port may stay down by itself before it is fetched, and how often it is fetched. */
#define PORT_GRACE_USEC UINT64_C(2000000)
#define PORT_TRIES      3

/* The least time that a rollback gets: it activates as much as what it takes back. */
#define ROLLBACK_LIMIT_USEC UINT64_C(30000000)

/* A device that is disconnected for so long stays so. */
#define STEADY_USEC UINT64_C(3000000)

/* How long NetworkManager may take for what changes nothing: making and removing checkpoints. */
#define CHECKPOINT_LIMIT_USEC UINT64_C(5000000)
#define CHECKPOINT_TRIES      3

/* A port that has to come back. */
struct port {
	char *name;          /* its own: the device may go meanwhile */
	char *uuid;          /* of the profile by which it comes back; NULL: none is known */
	uint64_t down_since; /* of nm_now(); 0: it is up, or on its way */
	unsigned int tries;
	bool by_hand;
};

/* One activation, as it goes on. */
struct activation {
	struct nm *nm;
	const char *bond;
	const char *uuid; /* of its profile: the path is another one after a restart */
	struct port *ports;
	size_t n_ports;
	char *checkpoint; /* its path; NULL once it is gone */
	char *owner;      /* NetworkManager's unique name on the bus when it began */
	NMActiveConnection *active;
	struct text error;
};

NMDevice *nm_managed_device(struct nm *nm, const char *name)
{
	NMDevice *device = nm_client_get_device_by_iface(nm->client, name);

	return device && nm_device_is_real(device) && nm_device_get_managed(device) ? device : NULL;
}

/* True when a profile is of a port of that bond, by name or by profile. */
static bool is_port_of(NMRemoteConnection *profile, const char *bond, const char *bond_uuid)
{
	NMSettingConnection *s = nm_connection_get_setting_connection(NM_CONNECTION(profile));
	const char *above = s ? nm_setting_connection_get_master(s) : NULL;
	const char *type = s ? nm_setting_connection_get_slave_type(s) : NULL;

	return above && type && streq(type, NM_SETTING_BOND_SETTING_NAME) &&
	       (streq(above, bond) || streq_ptr(above, bond_uuid));
}

/* The profile that brings a port back: the one it has now, else one that is made for it. */
static NMRemoteConnection *profile_of_port(struct nm *nm, const char *port, const char *bond,
					   const char *bond_uuid)
{
	NMDevice *device = nm_client_get_device_by_iface(nm->client, port);
	NMActiveConnection *active = device ? nm_device_get_active_connection(device) : NULL;
	const GPtrArray *all = nm_client_get_connections(nm->client);
	NMRemoteConnection *profile = active ? nm_active_connection_get_connection(active) : NULL;

	if (profile && is_port_of(profile, bond, bond_uuid))
		return profile;
	for (guint i = 0; i < all->len; i++) {
		const char *name = nm_connection_get_interface_name(NM_CONNECTION(all->pdata[i]));

		if (streq_ptr(name, port) && is_port_of(all->pdata[i], bond, bond_uuid))
			return all->pdata[i];
	}
	return NULL;
}

static char *uuid_of_port(struct nm *nm, const char *port, const char *bond, const char *bond_uuid)
{
	NMRemoteConnection *profile = profile_of_port(nm, port, bond, bond_uuid);

	return profile ? g_strdup(nm_connection_get_uuid(NM_CONNECTION(profile))) : NULL;
}

static int find_all(struct activation *a, const char *uuid, const char *const *ports)
{
	size_t n = 0;

	a->uuid = uuid;
	a->owner = g_strdup(nm_client_get_dbus_name_owner(a->nm->client));
	if (!nm_client_get_connection_by_uuid(a->nm->client, uuid))
		return nm_failed(a->nm, -ENOENT, "there is no profile %s", uuid);
	if (!nm_managed_device(a->nm, a->bond))
		return nm_failed(a->nm, -ENODEV, "NetworkManager does not manage %s", a->bond);

	while (ports[n])
		n++;
	a->ports = calloc(n + 1, sizeof(*a->ports));
	if (!a->ports)
		return -ENOMEM;
	for (; a->n_ports < n; a->n_ports++) {
		struct port *p = &a->ports[a->n_ports];

		if (!nm_managed_device(a->nm, ports[a->n_ports]))
			return nm_failed(a->nm, -ENODEV, "NetworkManager does not manage %s",
					 ports[a->n_ports]);
		p->name = g_strdup(ports[a->n_ports]);
		p->uuid = uuid_of_port(a->nm, p->name, a->bond, uuid);
	}
	return 0;
}

/* Should this process die, NetworkManager goes back by itself, though not too early. */
static guint32 checkpoint_timeout(uint64_t limit_usec)
{
	return (guint32)MIN((2 * limit_usec + CHECKPOINT_LIMIT_USEC) / 1000000 + 10,
			    (uint64_t)G_MAXINT32);
}

static int make_checkpoint(struct activation *a, uint64_t limit_usec)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	g_autoptr(GPtrArray) devices = g_ptr_array_new();
	g_autoptr(NMCheckpoint) checkpoint = NULL;
	guint32 timeout = checkpoint_timeout(limit_usec);
	GError *error = NULL;
	int r;

	g_ptr_array_add(devices, nm_managed_device(a->nm, a->bond));
	for (size_t i = 0; i < a->n_ports; i++)
		g_ptr_array_add(devices, nm_managed_device(a->nm, a->ports[i].name));
	nm_client_checkpoint_create(a->nm->client, devices, timeout,
				    NM_CHECKPOINT_CREATE_FLAG_ALLOW_OVERLAPPING, q->cancellable,
				    nm_request_done, q);
	r = nm_request_wait(a->nm, q, nm_now() + CHECKPOINT_LIMIT_USEC);
	if (r < 0)
		return r;
	checkpoint = nm_client_checkpoint_create_finish(a->nm->client, q->result, &error);
	if (!checkpoint) {
		r = nm_fail(a->nm, error);
		return r == -EIO ? -EBUSY : r;
	}
	a->checkpoint = g_strdup(nm_object_get_path(NM_OBJECT(checkpoint)));
	return 0;
}

static int destroy_once(struct activation *a)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	GError *error = NULL;
	int r;

	nm_client_checkpoint_destroy(a->nm->client, a->checkpoint, q->cancellable, nm_request_done,
				     q);
	r = nm_request_wait(a->nm, q, nm_now() + CHECKPOINT_LIMIT_USEC);
	if (r < 0)
		return r;
	if (!nm_client_checkpoint_destroy_finish(a->nm->client, q->result, &error))
		return nm_fail(a->nm, error);
	return 0;
}

/* A checkpoint that stays would undo, minutes later, what has succeeded. */
static int destroy_checkpoint(struct activation *a)
{
	int r = 0;

	for (int i = 0; i < CHECKPOINT_TRIES; i++) {
		r = destroy_once(a);
		if (r >= 0) {
			g_clear_pointer(&a->checkpoint, g_free);
			return 0;
		}
	}
	return r;
}

/* Starts the activation of a profile on a device; NetworkManager goes on by itself afterwards. */
static int start(struct nm *nm, const char *uuid, NMDevice *device, uint64_t deadline,
		 NMActiveConnection **ret)
{
	NMRemoteConnection *profile = nm_client_get_connection_by_uuid(nm->client, uuid);
	_cleanup_request_ struct nm_request *q = nm_request_new();
	NMActiveConnection *active;
	GError *error = NULL;
	int r;

	if (!profile || !device)
		return nm_failed(nm, -ENOENT, "the profile %s, or its device, is gone", uuid);
	nm_client_activate_connection_async(nm->client, NM_CONNECTION(profile), device, NULL,
					    q->cancellable, nm_request_done, q);
	r = nm_request_wait(nm, q, deadline);
	if (r < 0)
		return r;
	active = nm_client_activate_connection_finish(nm->client, q->result, &error);
	if (!active)
		return nm_fail(nm, error);
	*ret = active;
	return 0;
}

/* True when the port is up, and under this bond. */
static bool is_back(struct nm *nm, const char *port, const char *bond)
{
	NMDevice *device = nm_client_get_device_by_iface(nm->client, port);
	NMActiveConnection *active = device ? nm_device_get_active_connection(device) : NULL;
	NMDevice *above = active ? nm_active_connection_get_master(active) : NULL;

	return above && nm_device_get_state(device) == NM_DEVICE_STATE_ACTIVATED &&
	       streq_ptr(nm_device_get_iface(above), bond);
}

/* True when nothing goes on with the port, and nothing will. */
static bool is_idle(struct nm *nm, const char *port)
{
	NMDevice *device = nm_client_get_device_by_iface(nm->client, port);
	NMDeviceState state = device ? nm_device_get_state(device) : NM_DEVICE_STATE_UNKNOWN;

	return device && (state <= NM_DEVICE_STATE_DISCONNECTED ||
			  state == NM_DEVICE_STATE_FAILED || state == NM_DEVICE_STATE_ACTIVATED);
}

/* Activates a port that has been down for the grace; a failure is tried again, and told at last. */
static void fetch(struct activation *a, struct port *p, uint64_t deadline)
{
	NMDevice *device = nm_client_get_device_by_iface(a->nm->client, p->name);
	g_autoptr(NMActiveConnection) active = NULL;

	p->tries++;
	p->down_since = 0;
	if (p->uuid && start(a->nm, p->uuid, device, deadline, &active) >= 0)
		p->by_hand = true;
}

/* Looks after the ports; true when all of them are back. */
static bool tend_ports(struct activation *a, uint64_t deadline)
{
	bool all_back = true;

	for (size_t i = 0; i < a->n_ports; i++) {
		struct port *p = &a->ports[i];
		uint64_t now = nm_now();

		if (is_back(a->nm, p->name, a->bond)) {
			p->down_since = 0;
			continue;
		}
		all_back = false;
		if (!is_idle(a->nm, p->name))
			p->down_since = 0;
		else if (p->down_since == 0)
			p->down_since = now;
		else if (now - p->down_since >= PORT_GRACE_USEC && p->tries < PORT_TRIES)
			fetch(a, p, deadline);
	}
	return all_back;
}

/* When to look again although nothing happens: as soon as the grace of a port is over. */
static uint64_t next_look(const struct activation *a, uint64_t deadline)
{
	uint64_t next = deadline;

	for (size_t i = 0; i < a->n_ports; i++)
		if (a->ports[i].down_since != 0 && a->ports[i].tries < PORT_TRIES)
			next = MIN(next, a->ports[i].down_since + PORT_GRACE_USEC);
	return next;
}

static const char *state_name(NMActiveConnectionState state)
{
	switch (state) {
	case NM_ACTIVE_CONNECTION_STATE_ACTIVATING:
		return "activating";
	case NM_ACTIVE_CONNECTION_STATE_ACTIVATED:
		return "activated";
	case NM_ACTIVE_CONNECTION_STATE_DEACTIVATING:
		return "deactivating";
	case NM_ACTIVE_CONNECTION_STATE_DEACTIVATED:
		return "deactivated";
	default:
		return "unknown";
	}
}

/* Says which ports are missing, or in what state the profile hangs. */
static void tell_what_is_missing(struct activation *a)
{
	NMActiveConnectionState state = nm_active_connection_get_state(a->active);

	if (state != NM_ACTIVE_CONNECTION_STATE_ACTIVATED) {
		text_printf(&a->error, "the profile is still %s", state_name(state));
		return;
	}
	text_add(&a->error, "these ports did not come back:");
	for (size_t i = 0; i < a->n_ports; i++)
		if (!is_back(a->nm, a->ports[i].name, a->bond))
			text_printf(&a->error, " %s%s", a->ports[i].name,
				    a->ports[i].uuid ? "" : " (it has no profile)");
}

/* It may be back already: then the activation is none of the new one's. */
static bool has_gone(const struct activation *a)
{
	return !nm_client_get_nm_running(a->nm->client) ||
	       !streq_ptr(nm_client_get_dbus_name_owner(a->nm->client), a->owner);
}

/* Waits until the profile is active and the ports are back; says in a->error what is missing. */
static bool wait_for_all(struct activation *a, uint64_t deadline)
{
	for (;;) {
		NMActiveConnectionState state = nm_active_connection_get_state(a->active);
		uint64_t next = deadline;

		if (has_gone(a)) {
			text_add(&a->error, "NetworkManager went away");
			/* And the checkpoint with it: another's may have its path by now. */
			g_clear_pointer(&a->checkpoint, g_free);
			return false;
		}
		if (state == NM_ACTIVE_CONNECTION_STATE_DEACTIVATED) {
			text_printf(&a->error, "the profile was deactivated again, for reason %d",
				    (int)nm_active_connection_get_state_reason(a->active));
			return false;
		}
		if (state == NM_ACTIVE_CONNECTION_STATE_ACTIVATED) {
			if (tend_ports(a, deadline))
				return true;
			next = next_look(a, deadline);
		}
		if (nm_now() >= deadline) {
			tell_what_is_missing(a);
			return false;
		}
		nm_iterate(a->nm, next);
	}
}

static bool all_restored(GHashTable *results)
{
	GHashTableIter i;
	gpointer result;

	g_hash_table_iter_init(&i, results);
	while (g_hash_table_iter_next(&i, NULL, &result))
		if (GPOINTER_TO_UINT(result) != NM_ROLLBACK_RESULT_OK)
			return false;
	return true;
}

static bool are_ports_back(const struct activation *a)
{
	for (size_t i = 0; i < a->n_ports; i++)
		if (!is_back(a->nm, a->ports[i].name, a->bond))
			return false;
	return true;
}

/*
 * Goes back to the checkpoint, and waits until the ports are back as well: NetworkManager answers
 * before it has activated anything.
 */
static bool roll_back(struct activation *a, uint64_t deadline)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	g_autoptr(GHashTable) results = NULL;
	g_autoptr(GError) error = NULL;

	nm_client_checkpoint_rollback(a->nm->client, a->checkpoint, q->cancellable, nm_request_done,
				      q);
	if (nm_request_wait(a->nm, q, deadline) < 0) {
		text_add(&a->error, "; the rollback was not answered in time");
		return false;
	}
	results = nm_client_checkpoint_rollback_finish(a->nm->client, q->result, &error);
	if (!results) {
		text_printf(&a->error, "; the rollback failed: %s", error->message);
		return false;
	}
	g_clear_pointer(&a->checkpoint, g_free);
	if (!all_restored(results)) {
		text_add(&a->error, "; the rollback did not restore every device");
		return false;
	}
	while (!are_ports_back(a))
		if (!nm_iterate(a->nm, deadline)) {
			text_add(&a->error, "; after the rollback not all ports came back");
			return false;
		}
	return true;
}

static int tell_by_hand(const struct activation *a, struct nm_outcome *o)
{
	o->by_hand = calloc(a->n_ports + 1, sizeof(*o->by_hand));
	if (!o->by_hand)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_ports; i++) {
		if (!a->ports[i].by_hand)
			continue;
		o->by_hand[o->n_by_hand] = strdup(a->ports[i].name);
		if (!o->by_hand[o->n_by_hand])
			return -ENOMEM;
		o->n_by_hand++;
	}
	return 0;
}

/* Everything after the checkpoint; from the request on there is an outcome and no error. */
static int activate(struct activation *a, uint64_t limit_usec, struct nm_outcome *o)
{
	uint64_t begin = nm_now();
	int r;

	r = start(a->nm, a->uuid, nm_managed_device(a->nm, a->bond), begin + limit_usec,
		  &a->active);
	if (r == -ETIMEDOUT) {
		/* It may have been heard all the same. */
		text_add(&a->error, "NetworkManager did not answer the request");
	} else if (r < 0) {
		destroy_checkpoint(a);
		return r;
	} else {
		o->activated = wait_for_all(a, begin + limit_usec);
	}
	o->usec = nm_now() - begin;

	if (!o->activated && a->checkpoint)
		o->rolled_back = roll_back(a, nm_now() + MAX(limit_usec, ROLLBACK_LIMIT_USEC));
	else if (o->activated && destroy_checkpoint(a) < 0)
		text_printf(&a->error,
			    "the checkpoint could not be removed, NetworkManager will undo the "
			    "activation: %s",
			    nm_error(a->nm));
	r = tell_by_hand(a, o);
	if (r >= 0 && a->error.len > 0)
		r = text_take(&a->error, &o->error);
	return r;
}

static void activation_done(struct activation *a)
{
	for (size_t i = 0; i < a->n_ports; i++) {
		g_free(a->ports[i].name);
		g_free(a->ports[i].uuid);
	}
	free(a->ports);
	g_clear_object(&a->active);
	g_free(a->checkpoint);
	g_free(a->owner);
	text_done(&a->error);
}

int nm_activate(struct nm *nm, const char *uuid, const char *bond, const char *const *ports,
		uint64_t limit_usec, struct nm_outcome *ret)
{
	struct activation a = { .nm = nm, .bond = bond, .error = TEXT_NULL };
	struct nm_outcome outcome = NM_OUTCOME_NULL;
	int r;

	nm_enter(nm);
	r = nm_refresh(nm, nm_now() + limit_usec);
	if (r >= 0)
		r = find_all(&a, uuid, ports);
	if (r >= 0)
		r = make_checkpoint(&a, limit_usec);
	if (r >= 0)
		r = activate(&a, limit_usec, &outcome);
	activation_done(&a);
	nm_leave(nm);
	if (r < 0) {
		nm_outcome_done(&outcome);
		return r;
	}
	*ret = outcome;
	return 0;
}

/* ---- what a process that died has left ---- */

/* A checkpoint of the bond with the time limit that ours have: nobody else chooses that one. */
static NMCheckpoint *left_checkpoint(struct nm *nm, NMDevice *bond, uint64_t limit_usec)
{
	const GPtrArray *all = nm_client_get_checkpoints(nm->client);

	for (guint i = 0; i < all->len; i++) {
		const GPtrArray *devices = nm_checkpoint_get_devices(all->pdata[i]);

		if (nm_checkpoint_get_rollback_timeout(all->pdata[i]) !=
		    checkpoint_timeout(limit_usec))
			continue;
		for (guint k = 0; k < devices->len; k++)
			if (devices->pdata[k] == bond)
				return all->pdata[i];
	}
	return NULL;
}

/* The checkpoint's devices but for the bond are the ports that must come back. */
static int take_up(struct activation *a, NMDevice *bond, NMCheckpoint *checkpoint)
{
	const GPtrArray *devices = nm_checkpoint_get_devices(checkpoint);
	NMActiveConnection *active = nm_device_get_active_connection(bond);

	a->ports = calloc(devices->len + 1, sizeof(*a->ports));
	if (!a->ports)
		return -ENOMEM;
	for (guint i = 0; i < devices->len; i++) {
		struct port *p = &a->ports[a->n_ports];

		if (devices->pdata[i] == bond)
			continue;
		p->name = g_strdup(nm_device_get_iface(devices->pdata[i]));
		p->uuid = uuid_of_port(a->nm, p->name, a->bond,
				       active ? nm_active_connection_get_uuid(active) : "");
		a->n_ports++;
	}
	a->checkpoint = g_strdup(nm_object_get_path(NM_OBJECT(checkpoint)));
	return 0;
}

static int see_through(struct activation *a, NMDevice *bond, uint64_t limit_usec)
{
	uint64_t deadline = nm_now() + limit_usec;

	while (nm_device_get_state(bond) != NM_DEVICE_STATE_ACTIVATED || !tend_ports(a, deadline)) {
		if (nm_now() >= deadline)
			return roll_back(a, nm_now() + MAX(limit_usec, ROLLBACK_LIMIT_USEC))
				       ? 0
				       : nm_failed(a->nm, -EIO,
						   "the activation that was begun "
						   "does not end%s",
						   a->error.data ? a->error.data : "");
		nm_iterate(a->nm, MIN(next_look(a, deadline), deadline));
	}
	return destroy_checkpoint(a);
}

static bool is_on_its_way(NMDeviceState state)
{
	return (state >= NM_DEVICE_STATE_PREPARE && state < NM_DEVICE_STATE_ACTIVATED) ||
	       state == NM_DEVICE_STATE_DEACTIVATING;
}

/*
 * Without a checkpoint it may be NetworkManager's own rollback to it: that goes on as long as it
 * waits for the bus, and switches the feature as the checkpoint has it, however late. On its way
 * from one activation to the next a device is disconnected for a moment.
 */
static int wait_steady(struct nm *nm, NMDevice *bond, uint64_t deadline)
{
	NMDeviceState state = nm_device_get_state(bond);
	uint64_t steady = is_on_its_way(state) ? deadline : 0;

	while (state != NM_DEVICE_STATE_ACTIVATED && nm_now() < steady) {
		nm_iterate(nm, steady);
		state = nm_device_get_state(bond);
		if (is_on_its_way(state))
			steady = deadline;
		else if (steady == deadline)
			steady = MIN(nm_now() + STEADY_USEC, deadline);
	}
	return is_on_its_way(state) ? nm_failed(nm, -EIO, "an activation of the bond does not end")
				    : 0;
}

int nm_settle(struct nm *nm, const char *bond, uint64_t limit_usec)
{
	struct activation a = { .nm = nm, .bond = bond, .error = TEXT_NULL };
	g_autoptr(NMCheckpoint) checkpoint = NULL;
	g_autoptr(NMDevice) device = NULL;
	int r;

	nm_enter(nm);
	r = nm_refresh(nm, nm_now() + limit_usec);
	if (r >= 0 && nm_managed_device(nm, bond)) {
		device = g_object_ref(nm_managed_device(nm, bond));
		checkpoint = left_checkpoint(nm, device, limit_usec);
	}
	if (checkpoint) {
		g_object_ref(checkpoint);
		r = take_up(&a, device, checkpoint);
		if (r >= 0)
			r = see_through(&a, device, limit_usec);
	} else if (device) {
		r = wait_steady(nm, device, nm_now() + limit_usec);
	}
	activation_done(&a);
	nm_leave(nm);
	return r < 0 ? r : 0;
}

void nm_outcome_done(struct nm_outcome *o)
{
	for (size_t i = 0; i < o->n_by_hand; i++)
		free(o->by_hand[i]);
	free(o->by_hand);
	free(o->error);
	*o = NM_OUTCOME_NULL;
}

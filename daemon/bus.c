/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include "bus-json.h"
#include "bus-private.h"
#include "log.h"
#include "names.h"
#include "share.h"
#include "utf8.h"

int bus_bond_path(const char *name, char **ret)
{
	return sd_bus_path_encode(BUS_PATH_BOND, name, ret) < 0 ? -ENOMEM : 0;
}

int bus_bond_find(sd_bus *bus _unused_, const char *path, const char *interface _unused_,
		  void *userdata, void **ret_found, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;
	_cleanup_free_ char *name = NULL;
	struct supervisor *s;
	int r;

	r = sd_bus_path_decode(path, BUS_PATH_BOND, &name);
	if (r <= 0)
		return r;
	s = manager_bond_named(b->manager, name);
	if (!s)
		return 0;
	*ret_found = s;
	return 1;
}

static int enumerate(sd_bus *bus _unused_, const char *prefix _unused_, void *userdata,
		     char ***ret_nodes, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;
	size_t n = manager_n_bonds(b->manager);
	char **nodes;

	nodes = calloc(n + 1, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (bus_bond_path(manager_bond(b->manager, i)->name, &nodes[i]) < 0) {
			while (i-- > 0)
				free(nodes[i]);
			free(nodes);
			return -ENOMEM;
		}
	*ret_nodes = nodes;
	return 0;
}

int bus_objects_new(sd_bus *bus, struct manager *m, struct bus_objects **ret)
{
	_cleanup_(bus_objects_freep) struct bus_objects *b = NULL;
	int r;

	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->bus = sd_bus_ref(bus);
	b->manager = m;

	r = sd_bus_add_object_manager(bus, &b->object_manager_slot, BUS_PATH);
	if (r < 0)
		return r;
	r = sd_bus_add_object_vtable(bus, &b->manager_slot, BUS_PATH, BUS_INTERFACE_MANAGER,
				     bus_manager_vtable, b);
	if (r < 0)
		return r;
	r = sd_bus_add_fallback_vtable(bus, &b->bond_slot, BUS_PATH_BOND, BUS_INTERFACE_BOND,
				       bus_bond_vtable, bus_bond_find, b);
	if (r < 0)
		return r;
	r = sd_bus_add_node_enumerator(bus, &b->enumerator_slot, BUS_PATH_BOND, enumerate, b);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(b);
	return 0;
}

struct bus_objects *bus_objects_free(struct bus_objects *b)
{
	if (!b)
		return NULL;
	while (b->verifying)
		bus_pending_answer(&b->verifying, b->verifying, -ECANCELED);
	bus_diagnose_end(b);
	polkit_forget(&b->authorizing);
	/* The manager answers for those that it was asked for: see bus_ask(). */
	for (struct bus_pending *p = b->asking; p; p = p->next)
		p->objects = NULL;
	sd_bus_slot_unref(b->manager_slot);
	sd_bus_slot_unref(b->bond_slot);
	sd_bus_slot_unref(b->enumerator_slot);
	sd_bus_slot_unref(b->object_manager_slot);
	sd_bus_unref(b->bus);
	free(b);
	return NULL;
}

/* ---- calls that are answered later ---- */

/* Adds the calls of the list, and those of them that are @sender's. */
static void count_pending(const struct bus_pending *list, const char *sender, size_t *n,
			  size_t *n_own)
{
	for (const struct bus_pending *p = list; p; p = p->next) {
		(*n)++;
		if (streq_ptr(sd_bus_message_get_sender(p->call), sender))
			(*n_own)++;
	}
}

bool bus_is_busy(const struct bus_objects *b, sd_bus_message *call)
{
	const char *sender = sd_bus_message_get_sender(call);
	size_t n = 0, n_own = 0;

	count_pending(b->verifying, sender, &n, &n_own);
	count_pending(b->asking, sender, &n, &n_own);
	return share_is_spent(n, n_own);
}

int bus_pending_new(struct bus_objects *b, struct bus_pending **list, sd_bus_message *call,
		    const char *bond,
		    int (*answer)(struct bus_pending *p, struct supervisor *s, int error),
		    struct bus_pending **ret)
{
	struct bus_pending *p;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	if (bond) {
		p->bond = strdup(bond);
		if (!p->bond) {
			free(p);
			return -ENOMEM;
		}
	}
	p->objects = b;
	p->call = sd_bus_message_ref(call);
	p->answer = answer;
	p->next = *list;
	*list = p;
	*ret = p;
	return 0;
}

static void pending_free(struct bus_pending *p)
{
	sd_bus_message_unref(p->call);
	free(p->bond);
	free(p);
}

void bus_pending_answer(struct bus_pending **list, struct bus_pending *p, int error)
{
	struct supervisor *s = NULL;
	int r;

	for (struct bus_pending **i = list; *i; i = &(*i)->next)
		if (*i == p) {
			*i = p->next;
			break;
		}
	if (p->bond)
		s = manager_bond_named(p->objects->manager, p->bond);
	if (p->bond && !s)
		r = sd_bus_reply_method_errorf(p->call, BUS_ERROR_NO_SUCH_BOND,
					       "The policy has no bond \"%s\" any more", p->bond);
	else
		r = p->answer(p, s, error);
	if (r < 0)
		(void)sd_bus_reply_method_errno(p->call, r, NULL);
	pending_free(p);
}

static void asked_done(void *userdata, int error)
{
	struct bus_pending *p = userdata;

	if (p->objects)
		bus_pending_answer(&p->objects->asking, p, error);
	else
		pending_free(p); /* the connection it came by is gone */
}

int bus_ask(struct bus_objects *b, sd_bus_message *call, enum manager_task task, const char *bond,
	    int (*answer)(struct bus_pending *p, struct supervisor *s, int error))
{
	struct bus_pending *p;
	int r;

	r = bus_pending_new(b, &b->asking, call, bond, answer, &p);
	if (r < 0)
		return r;
	r = manager_ask(b->manager, task, bond, asked_done, p);
	if (r < 0) {
		b->asking = p->next;
		pending_free(p);
		return r;
	}
	return 1;
}

/* ---- what the manager tells ---- */

void bus_bond_added(struct bus_objects *b, const struct supervisor *s)
{
	_cleanup_free_ char *path = NULL;

	if (!b || bus_bond_path(s->name, &path) < 0)
		return;
	(void)sd_bus_emit_object_added(b->bus, path);
}

/* Those who asked for a proof of this bond. */
static void answer_verifying(struct bus_objects *b, const struct supervisor *s, int error)
{
	struct bus_pending *p, *next;

	for (p = b->verifying; p; p = next) {
		next = p->next;
		if (streq(p->bond, s->name))
			bus_pending_answer(&b->verifying, p, error);
	}
}

void bus_bond_removed(struct bus_objects *b, const struct supervisor *s)
{
	_cleanup_free_ char *path = NULL;

	if (!b)
		return;
	answer_verifying(b, s, -ENODEV);
	if (bus_bond_path(s->name, &path) < 0)
		return;
	(void)sd_bus_emit_object_removed(b->bus, path);
}

/* The properties behind each bit of enum supervisor_change. */
static const struct {
	unsigned int what;
	const char *property;
} properties[] = {
	{ SUPERVISOR_STATE, "State" },
	{ SUPERVISOR_STATE, "StateReason" },
	{ SUPERVISOR_VERDICT, "Verdict" },
	{ SUPERVISOR_VERDICT, "VerdictReason" },
	{ SUPERVISOR_VERDICT, "Ratio" },
	{ SUPERVISOR_ACTIVE, "ActivePort" },
	{ SUPERVISOR_PORTS, "Ports" },
	{ SUPERVISOR_FINDINGS, "Findings" },
	{ SUPERVISOR_FAILOVERS, "Failovers" },
	{ SUPERVISOR_FAILOVERS, "LastFailover" },
	{ SUPERVISOR_FEATURE, "FeatureEnabled" },
	{ SUPERVISOR_PROFILE, "Connections" },
	{ SUPERVISOR_PROFILE, "Device" },
	{ SUPERVISOR_PROFILE, "Profile" },
	{ SUPERVISOR_PROFILE, "ProfileUuid" },
	{ SUPERVISOR_MODE, "Mode" },
	{ SUPERVISOR_INTERRUPTIONS, "LastInterruptions" },
};

void bus_bond_changed(struct bus_objects *b, const struct supervisor *s, unsigned int what)
{
	char *names[ARRAY_SIZE(properties) + 1];
	_cleanup_free_ char *path = NULL;
	size_t n = 0;
	int r;

	if (!b || bus_bond_path(s->name, &path) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (what & properties[i].what)
			names[n++] = (char *)properties[i].property;
	names[n] = NULL;
	if (n == 0)
		return;
	r = sd_bus_emit_properties_changed_strv(b->bus, path, BUS_INTERFACE_BOND, names);
	if (r < 0)
		log_debug("%s: Cannot tell on the bus what changed: %s", s->name, strerror(-r));
}

void bus_bond_failed_over(struct bus_objects *b, const struct supervisor *s,
			  const struct failover *f)
{
	_cleanup_free_ char *path = NULL, *from = NULL, *to = NULL;
	int r;

	/* The kernel lets a port have a name that is no UTF-8, and the bus takes no such word. */
	if (!b || bus_bond_path(s->name, &path) < 0 || utf8_clean(f->from, &from) < 0 ||
	    utf8_clean(f->to, &to) < 0)
		return;
	r = sd_bus_emit_signal(b->bus, path, BUS_INTERFACE_BOND, "FailedOver", "tsss",
			       f->realtime_usec, from, to, failover_cause_name(f->cause));
	if (r < 0)
		log_debug("%s: Cannot tell of the failover on the bus: %s", s->name, strerror(-r));
}

void bus_bond_verified(struct bus_objects *b, const struct supervisor *s)
{
	if (b)
		answer_verifying(b, s, 0);
}

void bus_manager_changed(struct bus_objects *b)
{
	if (b)
		(void)sd_bus_emit_properties_changed(b->bus, BUS_PATH, BUS_INTERFACE_MANAGER,
						     "Bonds", "ConfigurationFiles",
						     "ConfigurationValid", NULL);
}

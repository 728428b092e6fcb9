/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "polkit.h"

#include "names.h"
#include "share.h"

#define WITHOUT_ASKING_USEC UINT64_C(10000000)
#define WITH_ASKING_USEC    UINT64_C(120000000)

/* The bus itself knows who is who, and answers at once unless it hangs. */
#define WHO_USEC UINT64_C(10000000)

/* CheckAuthorizationFlags: AllowUserInteraction */
#define ALLOW_INTERACTION UINT32_C(1)

struct polkit_query {
	struct polkit_query **list, *next;
	sd_bus_message *call;
	const char *action;
	sd_bus_slot *who_slot, *slot;
	polkit_allowed_fn allowed;
	void *userdata;
};

static struct polkit_query *query_free(struct polkit_query *q)
{
	struct polkit_query **i;

	if (!q)
		return NULL;
	for (i = q->list; *i && *i != q; i = &(*i)->next)
		;
	if (*i)
		*i = q->next;
	sd_bus_slot_unref(q->who_slot);
	sd_bus_slot_unref(q->slot);
	sd_bus_message_unref(q->call);
	free(q);
	return NULL;
}
DEFINE_CLEANUP(struct polkit_query, query_free)

void polkit_forget(struct polkit_query **waiting)
{
	struct polkit_query *q;

	while ((q = *waiting)) {
		*waiting = q->next;
		query_free(q);
	}
}

/*
 * Each keeps a message, for as long as polkit asks somebody for a password. Those of whom the bus
 * has not told yet who they are do not count: root is never kept out by others.
 */
static bool are_too_many(const struct polkit_query *waiting, sd_bus_message *call)
{
	const char *sender = sd_bus_message_get_sender(call);
	size_t n = 0, n_own = 0;

	for (; waiting; waiting = waiting->next) {
		if (!waiting->slot)
			continue;
		n++;
		n_own += streq_ptr(sd_bus_message_get_sender(waiting->call), sender);
	}
	return share_is_spent(n, n_own);
}

static void refuse(sd_bus_message *call, const char *why)
{
	(void)sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "Not authorized: %s",
					 why);
}

static void allow(struct polkit_query *q)
{
	int r = q->allowed(q->call, q->userdata);

	if (r < 0)
		(void)sd_bus_reply_method_errno(q->call, r, NULL);
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *error _unused_)
{
	_cleanup_(query_freep) struct polkit_query *q = userdata;
	int authorized = 0, challenge = 0, r;

	if (sd_bus_message_is_method_error(answer, NULL)) {
		refuse(q->call, "polkit could not be asked");
		return 1;
	}
	r = sd_bus_message_enter_container(answer, 'r', "bba{ss}");
	if (r >= 0)
		r = sd_bus_message_read(answer, "bb", &authorized, &challenge);
	if (r < 0 || !authorized) {
		refuse(q->call, challenge ? "a password is wanted" : "polkit says no");
		return 1;
	}

	allow(q);
	return 1;
}

static int ask(struct polkit_query *q)
{
	sd_bus *bus = sd_bus_message_get_bus(q->call);
	sd_bus_message *m = NULL;
	bool asking = sd_bus_message_get_allow_interactive_authorization(q->call) > 0;
	int r;

	r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.PolicyKit1",
					   "/org/freedesktop/PolicyKit1/Authority",
					   "org.freedesktop.PolicyKit1.Authority",
					   "CheckAuthorization");
	if (r >= 0)
		r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
					  sd_bus_message_get_sender(q->call), q->action, 0,
					  asking ? ALLOW_INTERACTION : 0, "");
	if (r >= 0)
		r = sd_bus_call_async(bus, &q->slot, m, on_answer, q,
				      asking ? WITH_ASKING_USEC : WITHOUT_ASKING_USEC);
	sd_bus_message_unref(m);
	return r;
}

/* The bus vouches for it; nothing is read from /proc, where a PID may be reused. */
static int on_who(sd_bus_message *answer, void *userdata, sd_bus_error *error _unused_)
{
	_cleanup_(query_freep) struct polkit_query *q = userdata;
	uint32_t uid;
	int r;

	if (sd_bus_message_is_method_error(answer, NULL) ||
	    sd_bus_message_read(answer, "u", &uid) < 0) {
		refuse(q->call, "the bus does not say who asks");
		return 1;
	}
	if (uid == 0) {
		allow(q);
		return 1;
	}
	if (are_too_many(*q->list, q->call)) {
		(void)sd_bus_reply_method_errorf(q->call, BUS_ERROR_BUSY,
						 "Too many calls wait for polkit");
		return 1;
	}
	r = ask(q);
	if (r < 0)
		(void)sd_bus_reply_method_errno(q->call, r, NULL);
	else
		TAKE_PTR(q); /* the answer frees it */
	return 1;
}

int polkit_check(struct polkit_query **waiting, sd_bus_message *call, const char *action,
		 polkit_allowed_fn allowed, void *userdata)
{
	_cleanup_(query_freep) struct polkit_query *q = NULL;
	sd_bus *bus = sd_bus_message_get_bus(call);
	sd_bus_message *m = NULL;
	int r;

	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->list = waiting;
	q->call = sd_bus_message_ref(call);
	q->action = action;
	q->allowed = allowed;
	q->userdata = userdata;
	r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					   "org.freedesktop.DBus", "GetConnectionUnixUser");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", sd_bus_message_get_sender(call));
	if (r >= 0)
		r = sd_bus_call_async(bus, &q->who_slot, m, on_who, q, WHO_USEC);
	sd_bus_message_unref(m);
	if (r < 0)
		return r;
	q->next = *waiting;
	*waiting = TAKE_PTR(q); /* the answer frees it */
	return 1;
}

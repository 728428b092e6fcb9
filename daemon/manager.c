/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager-private.h"

#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "array.h"
#include "log.h"
#include "names.h"
#include "policy-files.h"
#include "text.h"

/*
 * What the kernel's messages of a failover change is told this long after, for FailedOver alone is
 * in a hurry, and the bus passes on one thing after the other.
 */
#define LATE_USEC UINT64_C(20000)
/*
 * That something changed at the ports is told later: the first of those messages are about ports,
 * and who hears of it asks for them, which asks the drivers, which waits for the lock that bonding
 * holds until it is done (rtnl_lock() in dev_ethtool()).
 */
#define PORTS_USEC UINT64_C(100000)

/* ---- status, as systemctl shows it ---- */

static void tell_systemd(struct manager *m)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *status = NULL;

	text_add(&t, "STATUS=");
	if (!m->policy_valid)
		text_printf(&t, "%s%s%s. ",
			    m->policy ? "The new configuration has mistakes, the old one holds"
				      : "The configuration has mistakes",
			    m->mistake ? ": " : "", m->mistake ? m->mistake : "");
	if (m->n == 0)
		text_add(&t, "No bond in the configuration.");
	for (size_t i = 0; i < m->n && i < 8; i++)
		text_printf(&t, "%s%s: %s, %s", i ? "; " : "", m->items[i]->name,
			    bond_state_name(m->items[i]->state),
			    verdict_name(m->items[i]->proof.verdict));
	if (m->n > 8)
		text_printf(&t, "; and %zu more", m->n - 8);
	if (text_take(&t, &status) == 0)
		(void)sd_notify(false, status);
}

/* ---- what the supervisors tell ---- */

static void tell_changed(struct manager *m, struct supervisor *s, unsigned int what)
{
	bus_bond_changed(m->objects, s, what);
	if (m->ready && what & (SUPERVISOR_STATE | SUPERVISOR_VERDICT))
		tell_systemd(m);
}

static void tell_untold(struct manager *m, unsigned int bits)
{
	for (size_t i = 0; i < m->n; i++) {
		unsigned int what = m->items[i]->untold & bits;

		m->items[i]->untold &= ~bits;
		if (what)
			tell_changed(m, m->items[i], what);
	}
}

static int on_late(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	tell_untold(userdata, ~(unsigned int)SUPERVISOR_PORTS);
	return 0;
}

static int on_later(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	tell_untold(userdata, SUPERVISOR_PORTS);
	return 0;
}

/* What comes meanwhile is told with the first. */
static void tell_in(struct manager *m, sd_event_source *timer, uint64_t usec)
{
	int enabled = SD_EVENT_OFF;
	uint64_t now;

	(void)sd_event_source_get_enabled(timer, &enabled);
	if (enabled != SD_EVENT_OFF || sd_event_now(m->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	(void)sd_event_source_set_time(timer, now + usec);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/*
 * A failover makes ten messages of the kernel. What they change is told once, and not before
 * FailedOver, which comes with one of the last.
 */
static void on_bond_changed(void *userdata, struct supervisor *s, unsigned int what)
{
	struct manager *m = userdata;

	if (!m->following) {
		tell_changed(m, s, what);
		return;
	}
	s->untold |= what;
	if (what & SUPERVISOR_PORTS)
		tell_in(m, m->later, PORTS_USEC);
	if (what & ~(unsigned int)SUPERVISOR_PORTS)
		tell_in(m, m->late, LATE_USEC);
}

static void on_failed_over(void *userdata, struct supervisor *s, const struct failover *f)
{
	struct manager *m = userdata;

	bus_bond_failed_over(m->objects, s, f);
}

static void on_proved(void *userdata, struct supervisor *s,
		      const struct prover_outcome *outcome _unused_, bool asked)
{
	struct manager *m = userdata;

	if (asked)
		bus_bond_verified(m->objects, s);
}

static void on_wants_look(void *userdata, struct supervisor *s _unused_, const char *why)
{
	manager_wish_look(userdata, why);
}

static void on_sa_told(void *userdata, const struct xfrm_message *message)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->n; i++)
		supervisor_sa_told(m->items[i], message);
}

static bool on_catch_up(void *userdata)
{
	struct manager *m = userdata;

	return m->sa_watch && sa_watch_catch_up(m->sa_watch);
}

static const struct supervisor_ops supervisor_ops = {
	.changed = on_bond_changed,
	.failed_over = on_failed_over,
	.proved = on_proved,
	.wants_look = on_wants_look,
	.catch_up = on_catch_up,
};

/* ---- what happens on the host ---- */

static void on_link_changed(void *userdata, const struct links_change *change)
{
	struct manager *m = userdata;

	m->following = true;
	for (size_t i = 0; i < m->n; i++)
		supervisor_link_changed(m->items[i], change);
	m->following = false;
}

static void on_followed(void *userdata, bool followed)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->n; i++)
		supervisor_followed(m->items[i], followed);
}

static void on_watched(void *userdata, const char *why)
{
	manager_wish_look(userdata, why);
}

/* A conn is the bond's by its own address, and may come up only with that. */
static void on_address_changed(void *userdata, int ifindex)
{
	struct manager *m = userdata;

	for (size_t i = 0; i < m->n; i++) {
		if (ifindex != FACTS_NO_LINK && m->items[i]->ifindex != ifindex)
			continue;
		manager_wish_look(m, "an address of a bond came or went");
		return;
	}
}

/* ---- the policy ---- */

static struct supervisor *add_bond(struct manager *m, const struct policy_bond *policy)
{
	struct supervisor *s;
	int r;

	r = ARRAY_GROW(m);
	if (r >= 0)
		r = supervisor_new(m->event, m->ethtool, policy, m->options.state_dir,
				   m->options.probe_path, &supervisor_ops, m, &s);
	if (r < 0) {
		log_error("%s: Cannot supervise it: %s", policy->name, strerror(-r));
		return NULL;
	}
	m->items[m->n++] = s;
	return s;
}

static void attach(struct manager *m, struct supervisor *s)
{
	supervisor_attach(s, m->links);
	supervisor_followed(s, links_are_followed(m->links));
}

static void remove_bond(struct manager *m, size_t i)
{
	struct supervisor *s = m->items[i];

	bus_bond_removed(m->objects, s);
	m->n--;
	memmove(&m->items[i], &m->items[i + 1], (m->n - i) * sizeof(m->items[0]));
	supervisor_free(s);
}

/* The new policy is whole; from here on nothing can go wrong but single bonds. */
static void take_policy(struct manager *m, struct policy *policy)
{
	struct policy *old = m->policy;

	for (size_t i = m->n; i-- > 0;)
		if (!policy_bond_named(policy, m->items[i]->name))
			remove_bond(m, i);

	m->policy = policy;
	for (size_t i = 0; i < policy->n_bonds; i++) {
		struct supervisor *s = manager_bond_named(m, policy->bonds[i].name);

		if (s) {
			supervisor_set_policy(s, &policy->bonds[i]);
			continue;
		}
		s = add_bond(m, &policy->bonds[i]);
		if (!s)
			continue;
		/* A reload asks for it, also where it was reverted before it left the policy. */
		if (old)
			supervisor_release(s);
		bus_bond_added(m->objects, s);
		if (m->links)
			attach(m, s);
	}
	policy_free(old);
	manager_wish_settle(m);
	manager_wish_look(m, "the policy was loaded");
}

static void free_strings(char **strings)
{
	for (char **i = strings; i && *i; i++)
		free(*i);
	free(strings);
}

static void log_diagnostics(const struct diagnostics *d)
{
	for (size_t i = 0; i < d->n; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;
		bool bad = d->items[i].level == DIAGNOSTIC_ERROR;

		diagnostic_print(&d->items[i], &t);
		if (t.data && t.len > 0 && t.data[t.len - 1] == '\n')
			t.data[t.len - 1] = '\0';
		log_event(bad ? LOG_ERR : LOG_WARNING, bad ? MESSAGE_POLICY_INVALID : NULL, NULL, 0,
			  "%s", t.data ? t.data : "");
	}
}

static int print_diagnostics(const struct diagnostics *d, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = 0; i < d->n; i++)
		diagnostic_print(&d->items[i], &t);
	return text_take(&t, ret);
}

/* For a place where there is room for one line; a file's name may have any byte in it. */
static char *first_mistake(const struct diagnostics *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char *line = NULL;
	size_t i = 0;

	while (i < d->n && d->items[i].level != DIAGNOSTIC_ERROR)
		i++;
	if (i == d->n)
		return NULL;
	diagnostic_print_line(&d->items[i], &t);
	if (diagnostics_errors(d) > 1)
		text_printf(&t, " (and %zu more)", diagnostics_errors(d) - 1);
	if (text_take(&t, &line) < 0)
		return NULL;
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = '?';
	return line;
}

int manager_reload(struct manager *m, char **ret_diagnostics)
{
	_cleanup_(diagnostics_done) struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	struct policy *policy = NULL;
	char **files = NULL;
	int r;

	r = policy_files_load(m->options.root, &diagnostics, &files, &policy);
	log_diagnostics(&diagnostics);
	m->policy_valid = r >= 0;
	free(m->mistake);
	m->mistake = r < 0 ? first_mistake(&diagnostics) : NULL;
	if (files) {
		free_strings(m->files);
		m->files = files;
	}
	if (r >= 0) {
		log_event(LOG_INFO, MESSAGE_POLICY_LOADED, NULL, 0, "Policy loaded: %zu bond%s",
			  policy->n_bonds, policy->n_bonds == 1 ? "" : "s");
		take_policy(m, policy);
	} else if (ret_diagnostics) {
		(void)print_diagnostics(&diagnostics, ret_diagnostics);
	}
	if (m->ready) {
		bus_manager_changed(m->objects);
		tell_systemd(m);
	}
	return r;
}

/* ---- life ---- */

static int on_reload_signal(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_,
			    void *userdata)
{
	struct manager *m = userdata;
	struct timespec ts;
	_cleanup_free_ char *reloading = NULL;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (asprintf(&reloading, "RELOADING=1\nMONOTONIC_USEC=%llu",
		     (unsigned long long)ts.tv_sec * 1000000 +
			     (unsigned long long)ts.tv_nsec / 1000) < 0)
		reloading = NULL;
	(void)sd_notify(false, reloading ? reloading : "RELOADING=1");
	(void)manager_reload(m, NULL);
	(void)sd_notify(false, "READY=1");
	return 0;
}

static int on_end_signal(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_,
			 void *userdata)
{
	struct manager *m = userdata;

	if (!manager_worker_stop(m))
		return manager_bus_end(m, 0);
	(void)sd_notify(false, "STOPPING=1\nSTATUS=The worker takes back what it has begun.");
	return 0;
}

static int add_signals(struct manager *m)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set;
	int r;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(m->event, NULL, SIGTERM, on_end_signal, m);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGINT, on_end_signal, m);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGHUP, on_reload_signal, m);
	return r;
}

int manager_add_timer(struct manager *m, sd_event_time_handler_t handler, sd_event_source **ret)
{
	int r;

	r = sd_event_add_time(m->event, ret, CLOCK_MONOTONIC, UINT64_MAX, 0, handler, m);
	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

/* What cannot be done without. Return: what failed in @ret_what. */
static int set_up(struct manager *m, const char **ret_what)
{
	int r;

	*ret_what = "make the event loop";
	r = sd_event_default(&m->event);
	if (r >= 0)
		r = add_signals(m);
	if (r >= 0)
		r = manager_worker_init(m);
	if (r >= 0)
		r = manager_bus_init(m);
	if (r >= 0)
		r = manager_add_timer(m, on_late, &m->late);
	if (r >= 0)
		r = sd_event_source_set_time_accuracy(m->late, LATE_USEC / 4);
	if (r >= 0)
		r = manager_add_timer(m, on_later, &m->later);
	if (r >= 0)
		r = sd_event_source_set_time_accuracy(m->later, PORTS_USEC / 4);
	if (r < 0)
		return r;

	*ret_what = "open ethtool's interface";
	r = ethtool_open(&m->ethtool);
	if (r < 0)
		return r;

	*ret_what = "follow the kernel's network devices";
	r = links_new(m->event, on_link_changed, m, &m->links);
	if (r < 0)
		return r;

	links_tell_followed(m->links, on_followed);

	*ret_what = "watch the host";
	r = watches_new(m->event, m->options.root, on_watched, m, &m->watches);
	if (r >= 0)
		r = sa_watch_new(m->event, on_sa_told, m, &m->sa_watch);
	if (r >= 0)
		r = addresses_new(m->event, on_address_changed, m, &m->addresses);
	return r;
}

int manager_new(const struct manager_options *options, struct manager **ret)
{
	_cleanup_(manager_freep) struct manager *m = NULL;
	const char *what = "start";
	int r;

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->options = *options;
	r = set_up(m, &what);
	if (r < 0) {
		log_error("Cannot %s: %s", what, strerror(-r));
		return r;
	}
	*ret = TAKE_PTR(m);
	return 0;
}

struct manager *manager_free(struct manager *m)
{
	if (!m)
		return NULL;
	manager_worker_done(m);
	manager_bus_done(m);
	watches_free(m->watches);
	for (size_t i = 0; i < m->n; i++)
		supervisor_free(m->items[i]);
	free(m->items);
	links_free(m->links);
	sa_watch_free(m->sa_watch);
	addresses_free(m->addresses);
	ethtool_close(m->ethtool);
	policy_free(m->policy);
	free(m->mistake);
	free_strings(m->files);
	sd_event_source_unref(m->late);
	sd_event_source_unref(m->later);
	sd_event_unref(m->event);
	free(m);
	return NULL;
}

void manager_begin(struct manager *m)
{
	if (m->ready)
		return;
	m->ready = true;
	(void)sd_event_set_watchdog(m->event, true);
	(void)sd_notify(false, "READY=1");
	tell_systemd(m);
	manager_wish_look(m, "the daemon has started");
}

int manager_run(struct manager *m)
{
	int r;

	/* A bad configuration, or no bus yet: the daemon stays and says so. */
	(void)manager_reload(m, NULL);
	manager_bus_open(m);
	r = sd_event_loop(m->event);
	(void)sd_notify(false, "STOPPING=1");
	return r;
}

/* ---- for the bus ---- */

size_t manager_n_bonds(const struct manager *m)
{
	return m->n;
}

struct supervisor *manager_bond(const struct manager *m, size_t i)
{
	return m->items[i];
}

struct supervisor *manager_bond_named(const struct manager *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->items[i]->name, name))
			return m->items[i];
	return NULL;
}

const struct links *manager_links(const struct manager *m)
{
	return m->links;
}

struct ethtool *manager_ethtool(const struct manager *m)
{
	return m->ethtool;
}

char *const *manager_files(const struct manager *m)
{
	static char *const none[] = { NULL };

	return m->files ? m->files : none;
}

bool manager_policy_is_valid(const struct manager *m)
{
	return m->policy_valid;
}

int manager_run_beside(struct manager *m, const char *const *arguments, uint64_t limit_usec,
		       const struct worker_run_ops *ops, void *userdata, struct worker_run **ret)
{
	const char *argv[20] = { m->options.worker_path };
	size_t n = 1;

	for (; *arguments; arguments++) {
		if (n + 1 >= ARRAY_SIZE(argv))
			return -E2BIG;
		argv[n++] = *arguments;
	}
	return worker_run_start(m->event, argv, "", limit_usec, ops, userdata, ret);
}

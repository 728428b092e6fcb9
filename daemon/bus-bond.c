/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-json.h"
#include "bus-private.h"
#include "json-text.h"
#include "failover-json.h"
#include "log.h"
#include "names.h"
#include "polkit.h"
#include "utf8.h"

/* A proof that somebody asked for takes no longer than this, whatever they ask. */
#define MAX_WITHIN_USEC UINT64_C(600000000)
#define MAX_PROBES      100

/* ---- properties: the userdata is the supervisor that bus_bond_find() found ---- */

#define PROPERTY_GETTER(name)                                                                      \
	static int name(sd_bus *bus _unused_, const char *path _unused_,                           \
			const char *interface _unused_, const char *property _unused_,             \
			sd_bus_message *reply, void *userdata, sd_bus_error *error _unused_)

static int append_path(sd_bus_message *reply, const char *path)
{
	return sd_bus_message_append(reply, "o",
				     path && sd_bus_object_path_is_valid(path) ? path : "/");
}

PROPERTY_GETTER(get_interface)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s", s->name);
}

PROPERTY_GETTER(get_device)
{
	const struct supervisor *s = userdata;

	return append_path(reply, s->device_path);
}

PROPERTY_GETTER(get_profile)
{
	const struct supervisor *s = userdata;

	return append_path(reply, s->profile_path);
}

PROPERTY_GETTER(get_profile_uuid)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s", s->profile_uuid ? s->profile_uuid : "");
}

PROPERTY_GETTER(get_mode)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s",
				     s->ifindex == FACTS_NO_LINK ? "" : facts_mode_name(s->mode));
}

PROPERTY_GETTER(get_active_port)
{
	const struct supervisor *s = userdata;

	_cleanup_free_ char *active = NULL;
	int r = utf8_clean(s->active, &active);

	return r < 0 ? r : sd_bus_message_append(reply, "s", active);
}

PROPERTY_GETTER(get_feature)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "b", s->feature_on);
}

PROPERTY_GETTER(get_state)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s", bond_state_name(s->state));
}

PROPERTY_GETTER(get_reason)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s", s->reason);
}

PROPERTY_GETTER(get_verdict)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "s", verdict_name(s->proof.verdict));
}

PROPERTY_GETTER(get_verdict_reason)
{
	const struct supervisor *s = userdata;

	_cleanup_free_ char *reason = NULL; /* it may name conns */
	int r = utf8_clean(s->proof.reason, &reason);

	return r < 0 ? r : sd_bus_message_append(reply, "s", reason);
}

PROPERTY_GETTER(get_ratio)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "d", s->proof.ratio);
}

PROPERTY_GETTER(get_findings)
{
	const struct supervisor *s = userdata;

	return bus_append_dicts(reply, s->findings);
}

PROPERTY_GETTER(get_interruptions)
{
	const struct supervisor *s = userdata;

	return bus_append_dicts(reply, s->interruptions);
}

PROPERTY_GETTER(get_failovers)
{
	const struct supervisor *s = userdata;

	return sd_bus_message_append(reply, "t", failover_log_count(s->failovers));
}

PROPERTY_GETTER(get_last_failover)
{
	const struct supervisor *s = userdata;
	const struct failover *last = failover_log_last(s->failovers);
	json_t *j = last ? failover_to_json(last) : NULL;
	int r;

	if (last && !j)
		return -ENOMEM;
	r = bus_append_dict(reply, j);
	json_decref(j);
	return r;
}

PROPERTY_GETTER(get_connections)
{
	const struct supervisor *s = userdata;
	int r;

	r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "s");
	for (size_t i = 0; r >= 0 && i < s->n_conns; i++)
		r = sd_bus_message_append(reply, "s", s->conns[i].name);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* A port as it is now; counters are read when somebody asks, and never broadcast. */
static json_t *port_to_json(struct ethtool *ethtool, const struct facts_link *port)
{
	enum facts_feature feature;
	struct facts_driver driver;
	struct facts_counters counters;
	json_t *j;

	if (ethtool_get_driver(ethtool, port->name, &driver) < 0)
		driver = (struct facts_driver){ 0 };
	if (ethtool_get_feature(ethtool, port->name, FEATURE_ESP_HW_OFFLOAD, &feature) < 0)
		feature = FACTS_FEATURE_UNKNOWN;
	j = json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:s, s:I}", "name",
		      json_text(port->name), "driver", json_text(driver.name), "driver_version",
		      json_text(driver.version), "firmware", json_text(driver.firmware), "active",
		      port->port.active, "up", port->up, "link", port->carrier && port->port.mii_up,
		      "esp_hw_offload", facts_feature_name(feature), "link_failures",
		      (json_int_t)port->port.link_failures);
	if (!j || ethtool_get_counters(ethtool, port->name, &counters) < 0)
		return j;
	(void)json_object_set_new(j, "tx_ipsec", json_integer((json_int_t)counters.tx_ipsec));
	(void)json_object_set_new(j, "rx_ipsec", json_integer((json_int_t)counters.rx_ipsec));
	return j;
}

PROPERTY_GETTER(get_ports)
{
	const struct supervisor *s = userdata;
	const struct facts_link *port = NULL;
	json_t *ports = json_array();
	int r;

	while (s->links && s->ifindex != FACTS_NO_LINK &&
	       (port = links_next_port(s->links, s->ifindex, port)))
		ports = json_append(ports, port_to_json(s->ethtool, port));
	r = ports ? bus_append_dicts(reply, ports) : -ENOMEM;
	json_decref(ports);
	return r;
}

/* ---- methods: the vtable's own userdata is the bus_objects ---- */

static struct bus_objects *objects_of(sd_bus_message *call)
{
	return sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(call)));
}

/* The bond of a call, which may be gone by the time that polkit has answered; NULL then. */
static struct supervisor *bond_of(struct bus_objects *b, sd_bus_message *call)
{
	void *found = NULL;

	if (bus_bond_find(NULL, sd_bus_message_get_path(call), NULL, b, &found, NULL) <= 0)
		return NULL;
	return found;
}

static int no_bond(sd_bus_message *call)
{
	return sd_bus_reply_method_errorf(call, BUS_ERROR_NO_SUCH_BOND,
					  "The policy has no such bond any more");
}

static int too_busy(sd_bus_message *call)
{
	return sd_bus_reply_method_errorf(call, BUS_ERROR_BUSY,
					  "Too many calls wait for an answer; try again soon");
}

static int worker_error(sd_bus_message *call, int error)
{
	if (error == -EBUSY)
		return sd_bus_reply_method_errorf(call, BUS_ERROR_BUSY,
						  "Another process works on the host now");
	return sd_bus_reply_method_errorf(call, BUS_ERROR_FAILED,
					  "The worker failed: %s; its own words are in the journal",
					  strerror(-error));
}

static int reply_dicts(sd_bus_message *call, json_t *array)
{
	sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = bus_append_dicts(reply, array);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int reply_dict(sd_bus_message *call, json_t *object)
{
	sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = bus_append_dict(reply, object);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int answer_check(struct bus_pending *p, struct supervisor *s, int error)
{
	return error < 0 ? worker_error(p->call, error) : reply_dicts(p->call, s->findings);
}

static int answer_plan(struct bus_pending *p, struct supervisor *s, int error)
{
	return error < 0 ? worker_error(p->call, error) : reply_dicts(p->call, s->plan);
}

static int answer_apply(struct bus_pending *p, struct supervisor *s, int error)
{
	if (error < 0)
		return worker_error(p->call, error);
	switch (s->state) {
	case BOND_CONFIGURED:
		return sd_bus_reply_method_return(p->call, NULL);
	case BOND_BLOCKED:
	case BOND_WAITING:
		return sd_bus_reply_method_errorf(p->call, BUS_ERROR_BLOCKED, "%s", s->reason);
	case BOND_FAILED:
	case BOND_APPLYING:
		break;
	}
	return sd_bus_reply_method_errorf(p->call, BUS_ERROR_FAILED, "%s", s->reason);
}

static int answer_revert(struct bus_pending *p, struct supervisor *s, int error)
{
	if (error < 0)
		return worker_error(p->call, error);
	if (s->state == BOND_FAILED)
		return sd_bus_reply_method_errorf(p->call, BUS_ERROR_FAILED, "%s", s->reason);
	return sd_bus_reply_method_return(p->call, NULL);
}

static int ask_to_look(sd_bus_message *call, const struct supervisor *s,
		       int (*answer)(struct bus_pending *p, struct supervisor *s, int error))
{
	struct bus_objects *b = objects_of(call);

	if (bus_is_busy(b, call))
		return too_busy(call);
	return bus_ask(b, call, MANAGER_LOOK, s->name, answer);
}

static int method_check(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const struct supervisor *s = userdata;

	return ask_to_look(call, s, answer_check);
}

static int method_plan(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const struct supervisor *s = userdata;

	return ask_to_look(call, s, answer_plan);
}

static int apply_allowed(sd_bus_message *call, void *userdata)
{
	struct supervisor *s = bond_of(userdata, call);

	return s ? bus_ask(userdata, call, MANAGER_APPLY, s->name, answer_apply) : no_bond(call);
}

static int method_apply(sd_bus_message *call, void *userdata _unused_, sd_bus_error *error _unused_)
{
	struct bus_objects *b = objects_of(call);

	return polkit_check(&b->authorizing, call, POLKIT_APPLY, apply_allowed, b);
}

static int revert_allowed(sd_bus_message *call, void *userdata)
{
	struct supervisor *s = bond_of(userdata, call);

	return s ? bus_ask(userdata, call, MANAGER_REVERT, s->name, answer_revert) : no_bond(call);
}

static int method_revert(sd_bus_message *call, void *userdata _unused_,
			 sd_bus_error *error _unused_)
{
	struct bus_objects *b = objects_of(call);

	return polkit_check(&b->authorizing, call, POLKIT_REVERT, revert_allowed, b);
}

/* ---- Verify ---- */

struct verify_options {
	struct policy_proof how;
	bool probe;
};

static int read_option(sd_bus_message *call, const char *key, struct verify_options *o)
{
	const char *address = NULL;
	uint64_t n = 0;
	int r, b = 0;

	if (streq(key, "within_usec")) {
		r = sd_bus_message_read(call, "v", "t", &n);
		o->how.within_usec = n < MAX_WITHIN_USEC ? n : MAX_WITHIN_USEC;
	} else if (streq(key, "count")) {
		r = sd_bus_message_read(call, "v", "t", &n);
		o->how.probe_count = n < MAX_PROBES ? (unsigned int)n : MAX_PROBES;
	} else if (streq(key, "address")) {
		r = sd_bus_message_read(call, "v", "s", &address);
		if (r >= 0 && facts_ip_parse(address, &o->how.probe_address) < 0)
			return -EINVAL;
		o->probe = true;
	} else if (streq(key, "probe")) {
		r = sd_bus_message_read(call, "v", "b", &b);
		o->probe = b;
	} else {
		return -EINVAL;
	}
	return r == -ENXIO ? -EINVAL : r; /* of another type */
}

static int read_options(sd_bus_message *call, struct verify_options *o)
{
	int r;

	r = sd_bus_message_rewind(call, true);
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(call, SD_BUS_TYPE_ARRAY, "{sv}");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(call, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
		const char *key;

		r = sd_bus_message_read(call, "s", &key);
		if (r >= 0)
			r = read_option(call, key, o);
		if (r >= 0)
			r = sd_bus_message_exit_container(call);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

/* Also that there were none, where some were asked for. */
static int add_pings(json_t *answer, const struct supervisor *s)
{
	json_t *pings;
	int r;

	if (!s->verified_by_pings)
		return 0;
	pings = json_pack("{s:I, s:I}", "probes_sent", (json_int_t)s->verified.probes_sent,
			  "probes_answered", (json_int_t)s->verified.probes_answered);
	r = pings ? json_object_update(answer, pings) : -1;
	json_decref(pings);
	return r < 0 ? -ENOMEM : 0;
}

static int answer_verify(struct bus_pending *p, struct supervisor *s, int error)
{
	const struct proof *proof = &s->verified.proof;
	json_t *j;
	int r;

	if (error == -ENODEV) /* told while it is still there: see bus_bond_removed() */
		return no_bond(p->call);
	if (error < 0)
		return worker_error(p->call, error);

	j = json_pack("{s:s, s:o, s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		      "verdict", verdict_name(proof->verdict), "reason", json_text(proof->reason),
		      "port", json_text(s->active), "ratio", proof->ratio, "tx_packets",
		      (json_int_t)proof->tx.packets, "tx_hardware", (json_int_t)proof->tx.hardware,
		      "rx_packets", (json_int_t)proof->rx.packets, "rx_hardware",
		      (json_int_t)proof->rx.hardware, "sas_idle", (json_int_t)proof->n_idle,
		      "tx_ipsec_before", (json_int_t)proof->before.tx_ipsec, "rx_ipsec_before",
		      (json_int_t)proof->before.rx_ipsec, "tx_ipsec_after",
		      (json_int_t)proof->after.tx_ipsec, "rx_ipsec_after",
		      (json_int_t)proof->after.rx_ipsec);
	r = j ? add_pings(j, s) : -ENOMEM;
	if (r >= 0)
		r = reply_dict(p->call, j);
	json_decref(j);
	return r;
}

static int verify_allowed(sd_bus_message *call, void *userdata)
{
	struct bus_objects *b = userdata;
	struct supervisor *s = bond_of(b, call);
	struct verify_options o = { 0 };
	struct bus_pending *p;
	int r;

	if (!s || !s->policy)
		return no_bond(call);
	if (bus_is_busy(b, call))
		return too_busy(call);
	o.how = s->policy->proof;
	o.probe = false;
	r = read_options(call, &o);
	if (r < 0)
		return r;
	if (o.probe && o.how.probe_address.family == 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
						  "The policy names no address to probe");

	r = bus_pending_new(b, &b->verifying, call, s->name, answer_verify, &p);
	if (r < 0)
		return r;
	r = supervisor_verify(s, o.probe, &o.how);
	if (r < 0) {
		bus_pending_answer(&b->verifying, p, r);
		return 1;
	}
	return 1;
}

static int method_verify(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = objects_of(call);
	const struct supervisor *s = userdata;
	struct verify_options o = { 0 };
	int r;

	if (s->policy)
		o.how = s->policy->proof;
	r = read_options(call, &o);
	if (r < 0)
		return r == -EINVAL ? sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
								 "Options are within_usec t, "
								 "probe b, address s, count t")
				    : r;
	/* Looking is open to all; making traffic is not. */
	if (!o.probe)
		return verify_allowed(call, b);
	return polkit_check(&b->authorizing, call, POLKIT_VERIFY, verify_allowed, b);
}

static int method_get_failovers(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const struct supervisor *s = userdata;
	uint64_t since;
	json_t *array;
	int r;

	r = sd_bus_message_read(call, "t", &since);
	if (r < 0)
		return r;
	array = failover_log_since(s->failovers, since);
	r = array ? reply_dicts(call, array) : -ENOMEM;
	json_decref(array);
	return r;
}

static int method_get_traffic(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const struct supervisor *s = userdata;
	struct sampler_traffic traffic;
	struct sampler_view view;
	json_t *j;
	int r;

	supervisor_view(s, &view);
	r = sampler_traffic(&view, &traffic);
	if (r < 0)
		return sd_bus_reply_method_errorf(call, BUS_ERROR_FAILED,
						  "The kernel's SAs cannot be read: %s",
						  strerror(-r));
	j = json_pack("{s:I, s:I, s:I, s:I, s:I}", "sas", (json_int_t)traffic.n_sas, "tx_packets",
		      (json_int_t)traffic.tx.offloadable, "tx_software",
		      (json_int_t)traffic.tx.software, "rx_packets",
		      (json_int_t)traffic.rx.offloadable, "rx_software",
		      (json_int_t)traffic.rx.software);
	r = j ? reply_dict(call, j) : -ENOMEM;
	json_decref(j);
	return r;
}

#define EMITS SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

const sd_bus_vtable bus_bond_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Interface", "s", get_interface, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Device", "o", get_device, 0, EMITS),
	SD_BUS_PROPERTY("Profile", "o", get_profile, 0, EMITS),
	SD_BUS_PROPERTY("ProfileUuid", "s", get_profile_uuid, 0, EMITS),
	SD_BUS_PROPERTY("Mode", "s", get_mode, 0, EMITS),
	SD_BUS_PROPERTY("ActivePort", "s", get_active_port, 0, EMITS),
	SD_BUS_PROPERTY("Ports", "aa{sv}", get_ports, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("Connections", "as", get_connections, 0, EMITS),
	SD_BUS_PROPERTY("FeatureEnabled", "b", get_feature, 0, EMITS),
	SD_BUS_PROPERTY("State", "s", get_state, 0, EMITS),
	SD_BUS_PROPERTY("StateReason", "s", get_reason, 0, EMITS),
	SD_BUS_PROPERTY("Verdict", "s", get_verdict, 0, EMITS),
	SD_BUS_PROPERTY("VerdictReason", "s", get_verdict_reason, 0, EMITS),
	SD_BUS_PROPERTY("Ratio", "d", get_ratio, 0, EMITS),
	SD_BUS_PROPERTY("Findings", "aa{sv}", get_findings, 0, EMITS),
	SD_BUS_PROPERTY("Failovers", "t", get_failovers, 0, EMITS),
	SD_BUS_PROPERTY("LastInterruptions", "aa{sv}", get_interruptions, 0, EMITS),
	SD_BUS_PROPERTY("LastFailover", "a{sv}", get_last_failover, 0, EMITS),
	SD_BUS_METHOD("Check", NULL, "aa{sv}", method_check, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Plan", NULL, "aa{sv}", method_plan, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Apply", "a{sv}", NULL, method_apply, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Revert", NULL, NULL, method_revert, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Verify", "a{sv}", "a{sv}", method_verify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetFailovers", "t", "aa{sv}", method_get_failovers,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetTraffic", NULL, "a{sv}", method_get_traffic, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("FailedOver", "tsss", 0),
	SD_BUS_VTABLE_END,
};

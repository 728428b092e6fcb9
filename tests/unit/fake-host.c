/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"

#include "ethtool.h"
#include "evidence.h"
#include "ipsec-files.h"
#include "meter.h"
#include "names.h"
#include "nm-look.h"
#include "nm.h"
#include "temporary.h"
#include "text.h"
#include "trial.h"
#include "unit.h"
#include "units.h"

struct world *world;
enum how how;
unsigned int chosen, n_calls;

/* A call that touches something is about to be made. Return: true when it is to fail. */
static bool call(void)
{
	n_calls++;
	if (how == HOW_DIE_BEFORE && n_calls == chosen)
		_exit(77);
	/* After one that changes nothing. */
	if (how == HOW_DIE_AFTER && n_calls == chosen + 1)
		_exit(77);
	return how == HOW_FAIL && n_calls == chosen;
}

static void called(void)
{
	if (how == HOW_DIE_AFTER && n_calls == chosen)
		_exit(77);
}

/* ---- the C library, for the journal and the files ---- */

#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		type r;                                                                            \
                                                                                                   \
		if (call()) {                                                                      \
			errno = ENOSPC;                                                            \
			return -1;                                                                 \
		}                                                                                  \
		r = __real_##name arguments;                                                       \
		called();                                                                          \
		return r;                                                                          \
	}

WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
WRAP(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))

int __real_vasprintf(char **ret, const char *format, va_list args);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
	return world->no_words ? -1 : __real_vasprintf(ret, format, args);
}

/* The same where it is hardened. */
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list args);
int __wrap___vasprintf_chk(char **ret, int flag _unused_, const char *format, va_list args)
{
	return __wrap_vasprintf(ret, format, args);
}

/* That the disk has it takes time and shows nothing here. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd _unused_)
{
	if (call()) {
		errno = ENOSPC;
		return -1;
	}
	called();
	return 0;
}

/* ---- NetworkManager ---- */

struct nm {
	int unused;
};

static struct nm nm_played;

int nm_open(uint64_t limit_usec _unused_, struct nm **ret)
{
	if (world->nm_away)
		return -ESRCH;
	world->nm_clients++;
	*ret = &nm_played;
	return 0;
}

struct nm *nm_close(struct nm *nm _unused_)
{
	return NULL;
}

const char *nm_error(const struct nm *nm _unused_)
{
	return "not now";
}

/* By its uuid alone: it need not be the one that the bond has. */
int nm_look_feature(sd_bus *bus _unused_, uint64_t limit_usec _unused_, const char *uuid, int *ret,
		    sd_bus_error *ret_error _unused_)
{
	if (world->nm_away)
		return -ESRCH;
	ck_assert_str_eq(uuid, "u-1");
	*ret = world->profile;
	return 0;
}

int nm_set_feature(struct nm *nm _unused_, const char *uuid, int value,
		   uint64_t limit_usec _unused_)
{
	ck_assert_str_eq(uuid, "u-1");
	if (call())
		return -EACCES;
	world->profile = value;
	called();
	return 0;
}

int nm_activate(struct nm *nm _unused_, const char *uuid _unused_, const char *bond _unused_,
		const char *const *ports, uint64_t limit_usec _unused_, struct nm_outcome *ret)
{
	ck_assert_str_eq(ports[0], "ix0");
	ck_assert_str_eq(ports[1], "ix1");
	world->made_up = world->nm_restarts;
	if (call())
		return -EBUSY;
	world->activations++;
	if (world->made_up) {
		static char error[] = "NetworkManager went away";

		called();
		*ret = (struct nm_outcome){ .error = error };
		return 0;
	}
	if (world->profile == 1 && !world->refuse_bit)
		world->bit = 1;
	called();
	*ret = (struct nm_outcome){ .activated = true };
	if (world->checkpoint > 0) {
		static char stays[] = "the checkpoint could not be removed";

		ret->error = stays;
	}
	return 0;
}

void nm_outcome_done(struct nm_outcome *o _unused_)
{
}

int nm_hand_back(struct nm *nm _unused_, const char *uuid, const char *bond,
		 const char *const *ports, uint64_t limit_usec _unused_)
{
	ck_assert_str_eq(uuid, "u-1");
	ck_assert_str_eq(bond, "bond0");
	ck_assert_str_eq(ports[0], "ix0");
	ck_assert_str_eq(ports[1], "ix1");
	ck_assert_ptr_null(ports[2]);
	if (!world->made_up)
		return 0;
	if (call() || world->hand_back_fails)
		return -EIO;
	world->made_up = false;
	world->activations++;
	world->bit = world->profile == 1;
	called();
	return 1;
}

int nm_settle(struct nm *nm _unused_, const char *bond _unused_, uint64_t limit_usec _unused_)
{
	if (call())
		return -ETIMEDOUT;
	return world->checkpoint > 0 && --world->checkpoint > 0 ? -EIO : 0;
}

/* ---- the kernel ---- */

int ethtool_open(struct ethtool **ret)
{
	*ret = (struct ethtool *)&nm_played;
	return 0;
}

struct ethtool *ethtool_close(struct ethtool *e _unused_)
{
	return NULL;
}

int ethtool_get_feature(struct ethtool *e _unused_, const char *name _unused_,
			const char *feature _unused_, enum facts_feature *ret)
{
	*ret = world->bit ? FACTS_FEATURE_ON : FACTS_FEATURE_OFF;
	return 0;
}

int ethtool_set_feature(struct ethtool *e _unused_, const char *name, const char *feature, bool on)
{
	ck_assert_str_eq(name, "bond0");
	ck_assert_str_eq(feature, FEATURE_ESP_HW_OFFLOAD);
	if (call() || (on && world->refuse_bit))
		return -EOPNOTSUPP;
	world->bit = on;
	called();
	return 0;
}

int meter_start(const struct facts *before _unused_, const struct policy_bond *policy _unused_,
		struct meter **ret)
{
	*ret = NULL;
	return 0;
}

void meter_step(struct meter *m _unused_, size_t step _unused_)
{
}

void meter_disown(struct meter *m _unused_, const struct pluto_sas *sas _unused_)
{
}

void meter_stop(struct meter *m _unused_)
{
}

void meter_print(const struct meter *m _unused_, size_t step _unused_, struct text *t _unused_)
{
}

struct meter *meter_free(struct meter *m _unused_)
{
	return NULL;
}

uint64_t evidence_now(void)
{
	return 0;
}

void evidence_gather(uint64_t since_usec _unused_, const char *const *conns,
		     const char *const *devices, struct text *t)
{
	ck_assert_str_eq(conns[0], "example");
	ck_assert_ptr_null(conns[1]);
	ck_assert_str_eq(devices[0], "bond0");
	ck_assert_str_eq(devices[1], "ix0");
	text_add(t, "; pluto: no way");
}

/* ---- Libreswan ---- */

static bool file_has(const char *words)
{
	_cleanup_free_ char *line = NULL;
	FILE *f = fopen(temporary_path("ipsec.conf"), "re");
	bool has = false;
	size_t alloc = 0;

	while (getline(&line, &alloc, f) > 0)
		has = has || strstr(line, words);
	fclose(f);
	return has;
}

bool file_says_yes(void)
{
	return file_has("nic-offload=yes");
}

int __wrap_ipsec_files_version(struct libreswan_version *ret);
int __wrap_ipsec_files_version(struct libreswan_version *ret)
{
	*ret = (struct libreswan_version){ 4, 10 };
	return 0;
}

int __wrap_ipsec_files_check(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
			     uint64_t limit_usec, struct ipsec_files_result *ret);
int __wrap_ipsec_files_check(struct ipsec_files *files _unused_,
			     const struct ipsec_conf_edit *edit _unused_,
			     uint64_t limit_usec _unused_, struct ipsec_files_result *ret)
{
	if (!call() && !world->files_refused)
		return IPSEC_FILES_DONE;
	ret->reason = strdup("Libreswan does not like it");
	ret->remedy = strdup("do something else");
	return IPSEC_FILES_REFUSED;
}

enum ipsec_auto ipsec_auto_parse(const char *value)
{
	return streq_ptr(value, "start")      ? IPSEC_AUTO_START
	       : streq_ptr(value, "add")      ? IPSEC_AUTO_ADD
	       : streq_ptr(value, "keep")     ? IPSEC_AUTO_KEEP
	       : streq_ptr(value, "ondemand") ? IPSEC_AUTO_ONDEMAND
	       : streq_ptr(value, "route")    ? IPSEC_AUTO_ONDEMAND
					      : IPSEC_AUTO_IGNORE;
}

int ipsec_replace(const struct ipsec *ipsec _unused_, const char *conn, enum ipsec_auto want,
		  bool was_up, char **ret_text)
{
	ck_assert_str_eq(conn, "example");
	if (call()) {
		*ret_text = strdup("it is not accepted");
		world->example_up = false;
		return 1;
	}
	world->replacements++;
	world->loaded = file_says_yes();
	world->example_up = was_up || want == IPSEC_AUTO_START;
	world->routed = want == IPSEC_AUTO_ONDEMAND && !world->unroutable;
	if (world->shares) {
		world->neighbour_up = false;
		world->neighbour_lost++;
	}
	if (world->orphans) {
		/* The old one stays where it is. */
		world->orphaned = true;
		world->renewed = false;
		world->neighbour_lost++;
	}
	/* As pluto does with one that the files do not have. */
	if (!file_has("conn example") || world->files_broken) {
		*ret_text = strdup("no such conn");
		world->example_up = false;
		return 1;
	}
	called();
	return 0;
}

int ipsec_check_files(const struct ipsec *ipsec _unused_, const char *config, char **ret_text)
{
	ck_assert_str_eq(config, temporary_path("ipsec.conf"));
	if (world->files_broken)
		*ret_text = strdup("syntax error");
	return world->files_broken;
}

int ipsec_delete(const struct ipsec *ipsec _unused_, const char *conn)
{
	ck_assert_str_eq(conn, "example");
	if (call())
		return -ETIMEDOUT;
	world->loaded = world->example_up = false;
	called();
	return 0;
}

int ipsec_conn(const struct ipsec *ipsec _unused_, const char *conn, struct pluto_conn *ret)
{
	ck_assert_str_eq(conn, "example");
	*ret = (struct pluto_conn){ .loaded = true, .routed = world->routed || world->example_up };
	return 0;
}

int ipsec_load(const struct ipsec *ipsec _unused_, const char *conn)
{
	ck_assert_str_eq(conn, "neighbour");
	if (call())
		return -ETIMEDOUT;
	world->neighbour_unloaded = false;
	called();
	return 0;
}

int ipsec_ask_up(const struct ipsec *ipsec _unused_, const char *conn)
{
	bool example = streq(conn, "example");

	if (!example)
		ck_assert_str_eq(conn, "neighbour");
	if (call())
		return -ETIMEDOUT;
	if (example) {
		world->example_up = true;
	} else if (!world->neighbour_away && !world->neighbour_unloaded) {
		world->neighbour_up = true;
		world->renewed = world->orphaned;
	}
	called();
	return 0;
}

/* The neighbour's: one without its IKE SA, and what took its place. */
int ipsec_sas(const struct ipsec *ipsec _unused_, struct pluto_sas *ret)
{
	struct pluto_sa *sas = calloc(2, sizeof(*sas));
	size_t n = 0;

	if (world->orphaned)
		sas[n++] = (struct pluto_sa){ .conn = strdup("neighbour"),
					      .serial = 5,
					      .orphan = true,
					      .direction = FACTS_OUT };
	if (world->renewed)
		sas[n++] = (struct pluto_sa){ .conn = strdup("neighbour"), .serial = 9 };
	*ret = (struct pluto_sas){ .items = sas, .n = n, .alloc = 2 };
	return 0;
}

int ipsec_wait_established(const struct ipsec *ipsec _unused_, const char *const *conns,
			   size_t n_conns, uint64_t limit_usec _unused_, const char **ret_missing)
{
	for (size_t i = 0; i < n_conns; i++)
		if (streq(conns[i], "example") ? !world->example_up : !world->neighbour_up) {
			*ret_missing = conns[i];
			return 1;
		}
	return 0;
}

const char *neighbour_tunnel(void)
{
	return world->subnets ? "neighbour/1x2" : "neighbour";
}

int ipsec_tunnels(const struct ipsec *ipsec _unused_, struct facts_tunnel **ret, size_t *ret_n)
{
	struct facts_tunnel *t = calloc(2, sizeof(*t));
	size_t n = 0;

	if (world->example_up)
		t[n++].conn = strdup("example");
	if (world->neighbour_up)
		t[n++].conn = strdup(neighbour_tunnel());
	*ret = t;
	*ret_n = n;
	return 0;
}

bool trial_is_answered(const struct facts *before _unused_,
		       const struct policy_bond *policy _unused_)
{
	return !world->loaded;
}

int trial_run(const struct facts *before, const struct policy_bond *policy _unused_,
	      const struct ipsec *ipsec, bool answered, const char ***ret_deaf, char **ret_reason)
{
	static const char *const deaf[] = { "example", NULL };

	world->answered = answered;
	if (ipsec->stop && ipsec->stop())
		return -ECANCELED;
	if (world->deaf > 0) {
		world->deaf--;
		*ret_deaf = memcpy(malloc(sizeof(deaf)), deaf, sizeof(deaf));
		*ret_reason = strdup("no answers");
		return TRIAL_DEAF;
	}
	if (world->trial_unseen)
		*ret_reason = strdup("it could not be seen");
	if (!call() && !world->trial_fails &&
	    (world->example_up || !facts_tunnel_of(before, "example")))
		return 0;
	*ret_reason = strdup("the tunnel of conn example did not come back");
	return 1;
}

int trial_wait_tunnels(const struct facts *before _unused_,
		       const struct policy_bond *policy _unused_,
		       const struct ipsec *ipsec _unused_, char **ret_reason)
{
	if (world->example_up)
		return 0;
	*ret_reason = strdup("the tunnel of conn example did not come back");
	return 1;
}

/* ---- systemd ---- */

void files_cannot_be_put_back(void)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "ae");

	ck_assert_int_ge(fputs("# edited since\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	world->files_refused = true;
}

int __wrap_sd_bus_open_system(sd_bus **ret);
int __wrap_sd_bus_open_system(sd_bus **ret)
{
	return sd_bus_new(ret);
}

int units_look(sd_bus *bus _unused_, const char *unit _unused_, uint64_t limit_usec _unused_,
	       struct units_state *ret)
{
	*ret = (struct units_state){ world->pluto_stopped ? FACTS_UNIT_INACTIVE
				     : world->failed      ? FACTS_UNIT_FAILED
							  : FACTS_UNIT_ACTIVE,
				     7 };
	return 0;
}

static void start_pluto(void)
{
	world->loaded = file_says_yes();
	world->failed = false;
	/* All others come up when they are asked to, or by a packet, and nobody sends one here. */
	world->example_up = file_has("auto=start");
	world->neighbour_up = false;
	world->neighbour_unloaded = !file_has("auto=keep") && !file_has("auto=route");
	world->neighbour_lost++;
}

int units_restart(sd_bus *bus _unused_, const char *unit, uint64_t limit_usec _unused_,
		  char **ret_text)
{
	ck_assert_str_eq(unit, IPSEC_UNIT);
	if (world->restart_fails)
		files_cannot_be_put_back();
	/* The unit stops, and only then looks at the files. */
	if (call() || world->restart_fails || world->files_broken) {
		world->example_up = world->neighbour_up = false;
		world->failed = true;
		*ret_text = strdup("the job ended with failed");
		return UNITS_FAILED;
	}
	start_pluto();
	called();
	return UNITS_RESTARTED;
}

int units_start_again(sd_bus *bus _unused_, const char *unit _unused_, uint64_t limit_usec _unused_,
		      char **ret_text _unused_)
{
	if (call() || world->start_fails || world->files_broken) {
		world->failed = true;
		return UNITS_FAILED;
	}
	start_pluto();
	called();
	return UNITS_RESTARTED;
}
